"""The harness of the benchmarks: what it refuses, how it tells results and keeps them. No time is asserted."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.cases import all_cases
from benchmarks.results import CaseResult, VariantResult, merge, number, read, table
from benchmarks.server import BenchmarkServer, file_system
from pgcache.errors import PgcacheError


def result(name: str = "insert") -> CaseResult:
    variants = [
        VariantResult("no trigger", [100.0, 200.0, 400.0], 0.0),
        VariantResult("immediate", [80.0, 180.0, 200.0], 0.111),
    ]
    return CaseResult(name, "Inserts", "transactions/s", "more", "short", variants, {"pg_ivm": "no extension"})


def test_names_of_cases_are_distinct_and_each_has_a_baseline() -> None:
    names = [case.name for case in all_cases()]
    assert sorted(set(names)) == sorted(names)
    for case in all_cases():
        variants = [variant.name for variant in case.variants]
        assert len(variants) >= 2
        assert sorted(set(variants)) == sorted(variants)


def test_a_short_run_has_cases() -> None:
    assert any(case.short for case in all_cases())


def test_a_ratio_is_taken_within_a_round() -> None:
    assert result().ratios(result().variants[1]) == [0.8, 0.9, 0.5]


def test_the_table_has_medians_spread_ratios_failures_and_what_was_left_out() -> None:
    text = table([result()])
    assert "Inserts. In transactions/s; more is better." in text
    assert "| no trigger | 200 | 100 - 400 | 1 | 1 - 1 |" in text
    assert "| immediate | 180 (11.1% failed) | 80 - 200 | 0.8 | 0.5 - 0.9 |" in text
    assert "| pg_ivm | left out: no extension | | | |" in text


@pytest.mark.parametrize(
    ("value", "shown"), [(12345.6, "12,346"), (99.95, "100"), (1.2345, "1.23"), (0.00123, "0.00123")]
)
def test_figures_have_three_digits_or_more(value: float, shown: str) -> None:
    assert number(value) == shown


def test_a_file_of_results_keeps_the_cases_of_earlier_runs(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    merge(file, [result("one"), result("two")], {"date": "2026-01-01"})
    merge(file, [result("two")], {"date": "2026-02-02"})
    results, machines = read(file)
    assert results == [result("one"), result("two")]
    assert machines == [{"date": "2026-01-01"}, {"date": "2026-02-02"}]


@pytest.mark.skipif(file_system(Path("/dev/shm")) != "tmpfs", reason="there is no file system in memory")
def test_a_directory_in_memory_is_refused() -> None:
    with pytest.raises(PgcacheError, match=r"/dev/shm is in memory \(tmpfs\); name one on a disk with --directory"):
        BenchmarkServer(Path("/dev/shm"))

"""pgcache status --prometheus: figures in the text format, as its specification has it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from pgcache.prometheus import HELP, exposition
from tests.integration.cli.pgcache import Pgcache

# https://prometheus.io/docs/instrumenting/exposition_formats/
_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
_VALUE = r"[+-]?(?:[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|Inf|NaN)"
_HELP = re.compile(rf"# HELP ({_NAME}) ((?:[^\\\n]|\\[\\n])*)")
_TYPE = re.compile(rf"# TYPE ({_NAME}) (counter|gauge|histogram|summary|untyped)")
_SAMPLE = re.compile(rf"({_NAME})(\{{{_LABEL}(?:,{_LABEL})*\}})? ({_VALUE})")


def parse(text: str) -> dict[tuple[str, str], str]:
    """The samples of a text, by metric and labels; each metric is one group, after its HELP and TYPE."""
    assert text == "" or text.endswith("\n")
    samples: dict[tuple[str, str], str] = {}
    groups: list[str] = []
    lines = iter(text.splitlines())
    for line in lines:
        if help_ := _HELP.fullmatch(line):
            type_ = _TYPE.fullmatch(next(lines))
            assert type_
            assert type_[1] == help_[1]
            assert help_[1] not in groups, f"{help_[1]} comes in two groups"
            groups.append(help_[1])
            continue
        sample = _SAMPLE.fullmatch(line)
        assert sample, line
        assert sample[1] == groups[-1]
        assert (sample[1], sample[2]) not in samples
        samples[sample[1], sample[2]] = sample[3]
    return samples


def figures(pgcache: Pgcache, cache: str = "account_balance") -> dict[str, Any]:
    found = parse(pgcache("status", "--prometheus").stdout)
    return {
        metric.removeprefix("pgcache_"): Decimal(value)
        for (metric, labels), value in found.items()
        if labels == f'{{cache="{cache}"}}'
    }


def lower(pgcache: Pgcache, amount: str) -> None:
    with pgcache.conn.transaction():
        pgcache.conn.execute("SET LOCAL session_replication_role = replica")
        pgcache.conn.execute(
            f"UPDATE account SET cached_balance = cached_balance - {amount} WHERE name = 'Savings'".encode()
        )


def test_before_the_first_reconcile(finance: Pgcache) -> None:
    assert figures(finance) == {
        "open_drifts": 0,
        "open_drift_amount": 0,
        "pending_reviews": 0,
        "pending_deltas": 0,
        "last_reconcile_timestamp_seconds": 0,
        "last_clean_reconcile_timestamp_seconds": 0,
        "dirty_keys": 0,
        "failed_keys": 0,
        "backfill_due": 0,
    }


def test_after_reconciles(finance: Pgcache) -> None:
    finance("reconcile")
    clean = figures(finance)
    assert clean["last_clean_reconcile_timestamp_seconds"] == clean["last_reconcile_timestamp_seconds"] > 1_700_000_000
    lower(finance, "100")
    finance("reconcile", "--action", "review", code=3)
    found = figures(finance)
    assert (found["open_drifts"], found["open_drift_amount"], found["pending_reviews"]) == (1, 100, 1)
    assert found["last_reconcile_timestamp_seconds"] > found["last_clean_reconcile_timestamp_seconds"]
    assert found["last_clean_reconcile_timestamp_seconds"] == clean["last_clean_reconcile_timestamp_seconds"]
    names = ("checked_keys", "drifted_keys", "over_threshold_keys", "corrected_keys", "held", "max_drift")
    assert [found[f"last_reconcile_{name}"] for name in names] == [3, 1, 1, 0, 0, 100]
    assert found["last_reconcile_duration_seconds"] >= 0
    finance("reconcile", "--max-corrections", "0", code=3)
    assert figures(finance)["last_reconcile_held"] == 1
    finance("reconcile", code=3)
    assert figures(finance)["last_reconcile_corrected_keys"] == 1
    assert figures(finance)["open_drifts"] == 0


def test_what_is_rejected_is_not_open(finance: Pgcache) -> None:
    lower(finance, "100")
    finance("reconcile", "--action", "review", code=3)
    finance("drift", "reject", "1")
    finance("reconcile", "--action", "review")
    found = figures(finance)
    assert (found["open_drifts"], found["open_drift_amount"], found["pending_reviews"]) == (0, 0, 0)
    assert found["last_clean_reconcile_timestamp_seconds"] == found["last_reconcile_timestamp_seconds"]


def test_dirty_keys_and_a_backfill_that_is_due(finance: Pgcache) -> None:
    finance.conn.execute(
        "INSERT INTO pgcache.dirty (cache, key, marked_at) VALUES ('account_balance', '{}', to_timestamp(1e9))"
    )
    finance.conn.execute("UPDATE pgcache.cache SET backfilled_at = NULL")
    found = figures(finance)
    assert (found["dirty_keys"], found["oldest_dirty_timestamp_seconds"], found["backfill_due"]) == (1, 10**9, 1)


def test_every_metric_has_a_help(finance: Pgcache) -> None:
    finance("reconcile")
    finance.conn.execute("INSERT INTO pgcache.dirty (cache, key) VALUES ('account_balance', '{}')")
    assert {f"pgcache_{name}" for name in figures(finance)} == set(HELP)


@pytest.mark.parametrize("name", ['a "b"', "a\\b", "a\nb", "ä {x} %s"])
@pytest.mark.parametrize("value", ["1", "NaN", "0.000000001", "123456789012345678901234567890.12"])
def test_any_name_and_value(name: str, value: str) -> None:
    lines = list(exposition([{"metric": "pgcache_open_drifts", "cache": name, "value": Decimal(value)}]))
    ((_, label), written), *_ = parse("\n".join(lines) + "\n").items()
    unescaped = label[8:-2].replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")
    assert unescaped == name
    assert written == value


def test_wrong_usage_and_a_database_without_pgcache(finance: Pgcache) -> None:
    assert "exclude each other" in finance("status", "--prometheus", "--json", code=2).error
    finance("uninstall")
    assert finance("status", "--prometheus", code=1).error.startswith("pgcache is not installed")

"""What a declaration says."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pgcache import resources
from pgcache.config import load, loads
from pgcache.errors import DeclarationError
from pgcache.model import Drift, History, Location, Rollover, Source, TableName, Through, Within
from tests.unit.declarations import PERIODIC, SMALL, changed


def test_the_finance_preset_is_the_declaration_of_the_design() -> None:
    path = resources.path("sql", "presets", "finance", "pgcache.toml")
    declaration = load(path)
    assert declaration.path == path
    assert declaration.presets == ("finance",)
    balance, consumption = declaration.caches
    assert (balance.name, balance.target, balance.key) == ("account_balance", TableName("account"), ("id",))
    assert (balance.mode, balance.guard, balance.drift) == ("immediate", "ignore", Drift())
    assert balance.rpc == "recompute_account_balance"
    assert balance.initial == (("cached_balance", "opening_balance"),)
    (source,) = balance.sources
    assert source == Source(
        table=TableName("transaction"),
        key=("account_id",),
        through=None,
        within=None,
        where="deleted_at IS NULL",
        values=(("cached_balance", "CASE flow_type WHEN 'income' THEN amount ELSE -amount END"),),
        location=source.location,
    )
    assert balance.rollover is None
    assert (consumption.name, consumption.target) == ("budget_consumption", TableName("budget"))
    assert consumption.key == ("id",)
    assert (consumption.mode, consumption.guard, consumption.drift) == ("immediate", "ignore", Drift())
    assert consumption.rpc == "recompute_budget_consumption"
    (source,) = consumption.sources
    assert source.through is not None
    assert source.within is not None
    assert source == Source(
        table=TableName("transaction"),
        key=(),
        through=Through(
            TableName("budget_category"),
            (("category_id", "category_id"),),
            ("budget_id",),
            None,
            None,
            source.through.location,
        ),
        within=Within("date", "period_start", "period_end", source.within.location),
        where="flow_type = 'outcome' AND deleted_at IS NULL",
        values=(("cached_consumption", "amount"),),
        location=source.location,
    )
    assert consumption.rollover is not None
    assert consumption.rollover == Rollover(
        "recurrence",
        "rollover_budgets",
        History(
            TableName("budget_period"),
            ("budget_id",),
            "period_start",
            "period_end",
            (("cached_consumption", "consumption"),),
        ),
        consumption.rollover.location,
    )


def test_every_place_is_the_line_of_its_table() -> None:
    (cache,) = loads(PERIODIC, "f").caches
    (source,) = cache.sources
    assert source.through is not None
    assert source.within is not None
    assert cache.rollover is not None
    places = [x.location for x in (cache, source, source.through, source.within, cache.rollover)]
    assert places == [Location("f", line) for line in (2, 6, 8, 9, 11)]


def test_defaults() -> None:
    declaration = loads(SMALL, "f")
    (cache,) = declaration.caches
    assert (declaration.presets, declaration.time_zone, declaration.path) == ((), None, Path("f"))
    assert (cache.mode, cache.guard, cache.drift) == ("immediate", "ignore", Drift(Decimal(0), "correct"))
    assert (cache.rpc, cache.initial, cache.rollover) == (None, (), None)


def test_what_is_given_takes_the_place_of_the_defaults() -> None:
    text = changed(SMALL, "version = 1", 'version = 1\npresets = ["finance"]\ntime_zone = "Europe/Prague"')
    options = 'key = ["id"]\nmode = "immediate"\nguard = "reject"\nrpc = "f"\ninitial = "start"'
    text = changed(text, 'key = ["id"]', f'{options}\ndrift = {{ threshold = "0.50", action = "review" }}')
    declaration = loads(changed(text, "values", 'where = "live"\nvalues'), "f")
    (cache,) = declaration.caches
    assert (declaration.presets, declaration.time_zone) == (("finance",), "Europe/Prague")
    assert (cache.mode, cache.guard, cache.drift) == ("immediate", "reject", Drift(Decimal("0.50"), "review"))
    assert (cache.rpc, cache.initial, cache.sources[0].where) == ("f", (("total", "start"),), "live")


@pytest.mark.parametrize("zone", ["UTC", "Etc/GMT+1", "America/Argentina/Buenos_Aires", "EST5EDT"])
def test_time_zones(zone: str) -> None:
    assert loads(changed(SMALL, "version = 1", f'version = 1\ntime_zone = "{zone}"'), "f").time_zone == zone


def test_measures_come_in_the_order_of_the_sources() -> None:
    more = '[[cache.source]]\ntable = "r"\nkey = ["t_id"]\nvalues = { count = "1", total = "-amount" }\n'
    (cache,) = loads(SMALL + more, "f").caches
    assert cache.measures == ("total", "count")


def test_a_target_may_be_created() -> None:
    (cache,) = loads(changed(SMALL, 'target = "t"', 'target = { table = "t", create = true }'), "f").caches
    assert (cache.target, cache.creates) == (TableName("t"), True)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('"t"', TableName("t")),
        ('"s.t"', TableName("t", "s")),
        ('"Order Items"', TableName("Order Items")),
        ("'s.\"t\"'", TableName("t", "s")),
        ("""'"my.schema"."tab le"'""", TableName("tab le", "my.schema")),
        ('\'"say ""hi"""\'', TableName('say "hi"')),
        ('{ table = "s.t", create = false }', TableName("t", "s")),
        ('"' + "é" * 31 + 'x"', TableName("é" * 31 + "x")),
    ],
)
def test_table_names_are_taken_literally(written: str, name: TableName) -> None:
    (cache,) = loads(changed(SMALL, 'target = "t"', f"target = {written}"), "f").caches
    assert cache.target == name


@pytest.mark.parametrize(
    ("written", "threshold"),
    [('"0.00"', "0"), ('"12.50"', "12.50"), ("3", "3"), ('"0012"', "12"), ('"' + "9" * 200 + '"', "9" * 200)],
)
def test_thresholds_are_exact(written: str, threshold: str) -> None:
    (cache,) = loads(changed(SMALL, 'name = "c"', f'name = "c"\ndrift.threshold = {written}'), "f").caches
    assert cache.drift == Drift(Decimal(threshold))


@pytest.mark.parametrize(
    ("written", "drift"),
    [
        ('relative_threshold = "0.1%"', Drift(relative_threshold=Decimal("0.001"))),
        ('relative_threshold = "' + "9" * 40 + '%"', Drift(relative_threshold=Decimal("9" * 40 + "E-2"))),
        ("max_corrections = 100", Drift(max_corrections="100")),
        ('max_corrections = "100"', Drift(max_corrections="100")),
        ('max_corrections = "2.5%"', Drift(max_corrections="2.5%")),
    ],
)
def test_shares_and_limits(written: str, drift: Drift) -> None:
    (cache,) = loads(changed(SMALL, 'name = "c"', f'name = "c"\ndrift.{written}'), "f").caches
    assert cache.drift == drift


def test_an_initial_may_name_its_measure() -> None:
    (cache,) = loads(changed(SMALL, 'name = "c"', 'name = "c"\ninitial = { total = "start" }'), "f").caches
    assert cache.initial == (("total", "start"),)


@pytest.mark.parametrize("name", ['say "hi"', "Cache", "order", "100%", ":name", "tab le", "a.b", "\n", "é" * 20])
def test_hostile_names_are_kept(name: str) -> None:
    written = "".join(f"\\U{ord(char):08x}" for char in name)
    text = changed(SMALL, 'name = "c"', f'name = "{written}"\nrpc = "{written}"')
    (cache,) = loads(changed(text, "total =", f'"{written}" ='), "f").caches
    assert (cache.name, cache.rpc, cache.measures) == (name, name, (name,))


def test_a_file_may_begin_with_a_byte_order_mark_and_have_windows_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "pgcache.toml"
    file.write_bytes(b"\xef\xbb\xbf" + PERIODIC.replace("\n", "\r\n").encode())
    (cache,) = load(file).caches
    assert cache.rollover is not None
    assert cache.rollover.location == Location(str(file), 11)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "pgcache.toml"
    assert file_problem(file) == (
        f"{file}: there is no such file; run pgcache init PRESET, or name another file with --config"
    )


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert file_problem(tmp_path) == (
        f"{tmp_path}: cannot be read (Is a directory); make it readable, or name another file with --config"
    )


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    file = tmp_path / "pgcache.toml"
    file.write_bytes(b"version = 1\n\n# K\xe8")
    assert file_problem(file) == f"{file}:3: byte 0xe8 is not UTF-8; save the file as UTF-8"


def file_problem(file: Path) -> str:
    with pytest.raises(DeclarationError) as caught:
        load(file)
    (problem,) = caught.value.problems
    return problem

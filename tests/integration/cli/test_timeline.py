"""pgcache timeline: a table, a plot, JSON, CSV and pictures; status of the cache behind it."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import psycopg
import pytest

from pgcache import config, migrate, presets, resources
from tests.conftest import Clone
from tests.integration.cli.pgcache import Pgcache
from tests.integration.cli.test_help import examples

TODAY = "2025-06-15"


def _install(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        migrate.migrate(conn, config.loads(presets.declaration(["monthly"]), "pgcache.toml"), with_tables=True)
        conn.execute(resources.sql("presets", "monthly", "example.sql").encode())


@pytest.fixture
def monthly(clone: Clone, directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pgcache]:
    """The commands on a database that holds the preset and its example, in June 2025."""
    monkeypatch.setenv("PGOPTIONS", f"-c pgcache.today={TODAY}")
    monkeypatch.setenv("COLUMNS", "80")
    dsn = clone("monthly with example", _install)
    with psycopg.connect(dsn, autocommit=True) as conn:
        yield Pgcache(dsn, directory, conn)


def test_the_table_and_the_plot(monthly: Pgcache) -> None:
    outcome = monthly("timeline", "--from", "2025-04", "--months", "6")
    assert outcome.stderr == ""
    assert (
        outcome.stdout
        == """\
month      actual  projected  shows
2025-04  15601.90   15601.90  actual
2025-05  16323.65   16323.65  actual
2025-06  17139.60   15659.60  actual
2025-07  17139.60   14719.75  projected
2025-08  17139.60   15394.40  projected
2025-09  17139.60   16163.25  projected

17,139.60 |         *
16,919.61 |         |
16,699.63 |         |
16,479.64 |         |
16,259.65 |     *   |           o
16,039.67 |         |
15,819.68 |         |
15,599.70 | *       o
15,379.71 |         |       o
15,159.72 |         |
14,939.74 |         |
14,719.75 |         |   o
          +-+-----------+-----------
            2025-04     2025-07
* actual   o projected   | the current month
"""
    )


def test_json_has_amounts_as_strings(monthly: Pgcache) -> None:
    assert monthly("timeline", "--from", "2025-06", "--months", "2", "--json").json == {
        "cache": "account_month",
        "today": "2025-06",
        "months": [
            {"label": "2025-06", "actual": "17139.60", "projected": "15659.60", "shows": "actual"},
            {"label": "2025-07", "actual": "17139.60", "projected": "14719.75", "shows": "projected"},
        ],
    }


def test_csv(monthly: Pgcache) -> None:
    rows = list(csv.DictReader(io.StringIO(monthly("timeline", "--from", "2024-01", "--csv").stdout)))
    assert len(rows) == 24
    assert rows[-1] == {"label": "2025-12", "actual": "17139.60", "projected": "17655.60", "shows": "projected"}
    found = monthly.conn.execute("SELECT label, actual FROM net_worth_timeline(2024, 1, 24)").fetchall()
    assert [(row["label"], Decimal(row["actual"])) for row in rows] == found


def test_accounts_that_are_not_in_use_can_be_left_out(monthly: Pgcache) -> None:
    monthly.conn.execute("UPDATE account SET closed_at = now() WHERE name = 'Deposit'")
    everything, active = (
        monthly("timeline", "--from", "2025-06", "--months", "1", "--json", *options).json["months"][0]["projected"]
        for options in ([], ["--active"])
    )
    assert (everything, active) == ("15659.60", "11914.60")


def test_the_examples_work(monthly: Pgcache) -> None:
    found = examples(monthly("timeline", "--help").stdout)
    assert len(found) == 2
    for example in found:
        monthly(*example.split()[1:])


def test_pictures(monthly: Pgcache) -> None:
    outcome = monthly("timeline", "--from", "2024-01", "--csv", "--png", "a.png", "--svg", "b.svg")
    assert (len(outcome.stdout.splitlines()), outcome.stderr) == (25, "")
    assert (monthly.directory / "a.png").read_bytes().startswith(b"\x89PNG\r\n")
    picture = ElementTree.parse(monthly.directory / "b.svg").getroot()
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    comments = (monthly.directory / "b.svg").read_text()
    assert all(f"<!-- {text} -->" in comments for text in ("actual", "projected", "current month, 2025-06", "2024-01"))


@pytest.mark.parametrize("start", ["1990-01", "2024-01", "2030-05"])
def test_pictures_of_any_range(monthly: Pgcache, start: str) -> None:
    monthly("timeline", "--from", start, "--months", "1500", "--csv", "--svg", "a.svg")
    monthly("timeline", "--from", start, "--months", "1", "--csv", "--svg", "b.svg")


def test_a_picture_that_cannot_be_written(monthly: Pgcache) -> None:
    outcome = monthly("timeline", "--from", "2024-01", "--png", "no/such/a.png", code=1)
    assert outcome.error == "no/such/a.png: No such file or directory"


def test_without_the_extra(monthly: Pgcache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    outcome = monthly("timeline", "--from", "2024-01", "--png", "a.png", code=1)
    assert outcome.error.endswith("; run pip install 'pgcache[plot]'")
    monthly("timeline", "--from", "2024-01")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--from", "2024-13"], "'2024-13' is not a month such as 2024-01"),
        (["--from", "0000-01"], "'0000-01' is not a month such as 2024-01"),
        (["--from", "2024"], "'2024' is not a month such as 2024-01"),
        (["--from", "2024-01", "--months", "0"], "0 is not in the range 1<=x<=120000"),
        (["--from", "2024-01", "--json", "--csv"], "--json and --csv exclude each other"),
        ([], "Missing option '--from'"),
    ],
)
def test_wrong_usage(monthly: Pgcache, options: list[str], error: str) -> None:
    assert error in monthly("timeline", *options, code=2).error


def test_thousands_of_months(monthly: Pgcache) -> None:
    outcome = monthly("timeline", "--from", "0001-01", "--months", "120000")
    lines = outcome.stdout.splitlines()
    assert lines[120000].split() == ["10000-12", "17139.60", "17655.60", "projected"]
    assert max(map(len, lines[120001:])) <= 80


def test_a_database_without_a_timeline(finance: Pgcache) -> None:
    assert finance("timeline", "--from", "2024-01", code=1).error == (
        "no cache of this database has a timeline; declare one, as pgcache init monthly does, and migrate"
    )


def test_a_cache_must_be_chosen_where_several_have_one(pgcache: Pgcache) -> None:
    for schema in ("north", "south"):
        pgcache.conn.execute(f"CREATE SCHEMA {schema}".encode())
        pgcache.conn.execute(f"SET search_path = {schema}".encode())
        pgcache.conn.execute(resources.sql("presets", "finance", "tables.sql").encode())
    pgcache("init", "monthly")
    pgcache("migrate", "--schema", "north", "--schema", "south")
    outcome = pgcache("timeline", "--from", "2024-01", code=1)
    both = "north.account_month, south.account_month"
    assert outcome.error == f"several caches have a timeline; choose one with --cache: {both}"
    outcome = pgcache("timeline", "--from", "2024-01", "--cache", "east", code=1)
    assert outcome.error == f"no cache named 'east' has a timeline; known: {both}"
    chosen = pgcache("timeline", "--from", "2024-01", "--cache", "south.account_month", "--json").json
    assert chosen["cache"] == "south.account_month"


def test_status_tells_what_it_covers(monthly: Pgcache) -> None:
    monthly.conn.execute("UPDATE account SET closed_at = now() WHERE name = 'Deposit'")
    (cache,) = monthly("status", "--json").json["caches"]
    account = monthly.value("SELECT id::text FROM account WHERE name = 'Current'")
    assert cache["timeline"] == {
        "entries": 101,
        "accounts": 2,
        "active_accounts": 1,
        "first_month": "2024-01",
        "last_month": "2026-06",
        "months": 30,
        "samples": [
            {
                "account_id": account,
                "year_month": "2025-06",
                "actual_balance": "11914.60",
                "projected_balance": "11914.60",
            }
        ],
    }
    lines = [line.split() for line in monthly("status").stdout.splitlines()[2:]]
    assert lines == [
        [],
        ["timeline", "entries", "accounts", "active", "first", "month", "last", "month", "months"],
        ["account_month", "101", "2", "1", "2024-01", "2026-06", "30"],
        [],
        ["account", "id", "year", "month", "actual", "balance", "projected", "balance"],
        [account, "2025-06", "11914.60", "11914.60"],
    ]


def test_status_without_accounts(monthly: Pgcache) -> None:
    monthly.conn.execute("DELETE FROM account")
    (cache,) = monthly("status", "--json").json["caches"]
    assert cache["timeline"]["samples"] == []
    assert cache["timeline"]["first_month"] is None
    monthly("status")

"""What is wrong with a declaration is told in one line each, with exit code 2, before anything is touched."""

from __future__ import annotations

import pytest

from tests.integration.cli.pgcache import Pgcache
from tests.integration.state import state

TABLES = """
CREATE TABLE account (id uuid PRIMARY KEY, balance numeric(12, 2), rough float8, label text);
CREATE TABLE entry (account_id uuid REFERENCES account, amount numeric(12, 2), weight float8, at timestamptz);
CREATE INDEX ON entry (account_id);
CREATE VIEW entries AS SELECT * FROM entry;
"""
DECLARED = """version = 1
[[cache]]
name = "balance"
target = "account"
key = ["id"]
  [[cache.source]]
  table = "entry"
  key = ["account_id"]
  where = "amount > 0"
  values = { balance = "amount" }
"""
EXACT = "float sums depend on the order of their rows, so they are never exact; make the column numeric"
IMMUTABLE = (
    "what was added could not be subtracted later; leave out now(), current_date and casts that depend on the time "
    "zone or DateStyle (AT TIME ZONE makes them fixed), or declare a deferred cache"
)
UNIQUE = "declare its primary key, or add a UNIQUE constraint on it"
CACHE = "cache 'balance'"
LONG = "x" * 64


@pytest.fixture
def ledger(pgcache: Pgcache) -> Pgcache:
    """A database whose tables the declaration fits."""
    pgcache.conn.execute(TABLES)
    pgcache.declare(DECLARED)
    assert pgcache("plan", code=3).stderr.endswith("to do; run pgcache migrate.\n")
    return pgcache


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (
            '"account"',
            '"acount"',
            f"2: {CACHE}: there is no table acount; create it, correct the name, or run pgcache migrate --with-tables",
        ),
        (
            '"entry"',
            '"public.entries"',
            f"6: {CACHE}: public.entries is not a table, so no trigger can keep it; name the table behind it",
        ),
        (
            "{ balance =",
            "{ total =",
            f"2: {CACHE}: table public.account has no column 'total'; its columns are id, balance, rough, label",
        ),
        (
            '= ["account_id"]',
            '= ["account"]',
            f'6: {CACHE}: key (account) over public.entry: column "account" does not exist',
        ),
        ("{ balance =", "{ rough =", f"2: {CACHE}: public.account.rough is double precision: {EXACT}"),
        ('= "amount"', '= "weight"', f"6: {CACHE}: values.balance (weight) is double precision: {EXACT}"),
        ('"amount > 0"', '"at < now()"', f"6: {CACHE}: where (at < now()) is not immutable: {IMMUTABLE}"),
        (
            '"amount > 0"',
            """ "at::date > date '2025-01-01'" """,
            f"6: {CACHE}: where (at::date > date '2025-01-01') is not immutable: {IMMUTABLE}",
        ),
        ('= ["id"]', '= ["id]', "5: this is not TOML at column 12: Illegal character '\\n'; correct it"),
        (
            '"balance"\n',
            f'"{LONG}"\n',
            "3: name has 64 bytes, and PostgreSQL's 63 leave 40 beside what pgcache adds; shorten it",
        ),
        ('"account"', f'"{LONG}"', "4: target has 64 bytes, and PostgreSQL cuts names at 63; shorten it"),
        (
            'key = ["id"]',
            'key = ["label"]',
            f"2: {CACHE}: key (label) is not unique in public.account; {UNIQUE}",
        ),
        ('key = ["id"]', 'keys = ["id"]', "5: unknown key 'keys' in [[cache]]; did you mean 'key'?"),
        (
            "version = 1",
            'version = 1\ntime_zone = "Europe/Atlantis"',
            "1: the database knows no time zone 'Europe/Atlantis'; pg_timezone_names lists those that it knows",
        ),
    ],
)
@pytest.mark.parametrize("command", [("plan",), ("migrate",), ("migrate", "--sql")])
def test_one_line(ledger: Pgcache, old: str, new: str, error: str, command: tuple[str, ...]) -> None:
    assert DECLARED.count(old) == 1
    ledger.declare(DECLARED.replace(old, new))
    before = state(ledger.conn)
    outcome = ledger(*command, code=2)
    assert f"pgcache.toml:{error}" in outcome.errors
    assert outcome.stdout == ""
    assert state(ledger.conn) == before


def test_all_problems_are_told_at_once(ledger: Pgcache) -> None:
    ledger.declare(DECLARED.replace('= "amount"', '= "weight"').replace('"amount > 0"', '"at < now()"'))
    first, second = ledger("migrate", code=2).errors
    assert "where (at < now()) is not immutable" in first
    assert "values.balance (weight) is double precision" in second


def test_an_expression_of_several_lines_makes_one_line(ledger: Pgcache) -> None:
    ledger.declare(DECLARED.replace('"amount > 0"', '"""amount\n     > nothing"""'))
    assert ledger("plan", code=2).error == (
        "pgcache.toml:6: cache 'balance': where (amount > nothing) over public.entry: column \"nothing\" does not exist"
    )


def test_no_declaration(pgcache: Pgcache) -> None:
    assert pgcache("plan", code=2).error == (
        "pgcache.toml: there is no such file; run pgcache init PRESET, or name another file with --config"
    )


def test_a_declaration_is_found_by_option_and_environment(ledger: Pgcache, monkeypatch: pytest.MonkeyPatch) -> None:
    (ledger.directory / "pgcache.toml").rename(ledger.directory / "other.toml")
    ledger("plan", code=2)
    ledger("plan", "--config", "other.toml", code=3)
    ledger("--config", "other.toml", "plan", code=3)
    monkeypatch.setenv("PGCACHE_CONFIG", "other.toml")
    ledger("plan", code=3)
    assert ledger("plan", "--config", "none.toml", code=2).error.startswith("none.toml: there is no such file")

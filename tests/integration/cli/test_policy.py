"""What is an alarm, what is too much to be corrected unseen, and who is told of it."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pgcache import alert
from tests.integration.cli.pgcache import Pgcache

BALANCES = "SELECT array_agg(cached_balance ORDER BY id) FROM account"
STATUSES = "SELECT array_agg(status ORDER BY drift) FROM pgcache.drift"

DECLARATION = """
version = 1
[[cache]]
name = "balance"
target = "account"
key = ["id"]
drift = { %s }
  [[cache.source]]
  table = "entry"
  key = ["account"]
  values = { balance = "amount" }
"""
TABLES = """
CREATE TABLE account (id integer PRIMARY KEY, balance numeric NOT NULL DEFAULT 0);
CREATE TABLE entry (account integer REFERENCES account, amount numeric);
CREATE INDEX ON entry (account);
INSERT INTO account SELECT generate_series(0, 10);
INSERT INTO entry SELECT n, 100 * n FROM generate_series(1, 10) AS n;
"""


@pytest.fixture
def household(finance: Pgcache) -> Pgcache:
    """Two of three balances are wrong, by 100 and by 0.25."""
    _past_triggers(finance, "UPDATE account SET cached_balance = cached_balance - 100 WHERE name = 'Savings'")
    _past_triggers(finance, "UPDATE account SET cached_balance = cached_balance + 0.25 WHERE name = 'Everyday'")
    return finance


@pytest.fixture
def accounts(pgcache: Pgcache) -> Pgcache:
    """Eleven accounts with 0, 100, 200 and so on to 1000, without a declaration."""
    pgcache.conn.execute(TABLES.encode())
    return pgcache


def _past_triggers(pgcache: Pgcache, statement: str) -> None:
    with pgcache.conn.transaction():
        pgcache.conn.execute("SET LOCAL session_replication_role = replica")
        pgcache.conn.execute(statement.encode())


def install(pgcache: Pgcache, drift: str) -> None:
    pgcache.declare(DECLARATION % drift)
    pgcache("migrate")


def over(pgcache: Pgcache, *options: str) -> int:
    """How many keys a reconcile finds over the threshold, dry and in earnest alike."""
    counts = set()
    for dry in (("--dry-run",), ("--action", "alert")):
        outcome = pgcache.run("reconcile", *options, *dry, "--json")
        (cache,) = outcome.json["caches"]
        counts.add(cache["over_threshold"])
        assert outcome.code == (3 if cache["over_threshold"] else 0)
    (count,) = counts
    return int(count)


@pytest.mark.parametrize(
    ("declared", "options", "expected"),
    [
        ("", (), 11),
        ('relative_threshold = "1%"', (), 5),  # those up to 400: 5 is just 1 % of 500
        ('relative_threshold = "0.5%"', (), 10),
        ('relative_threshold = "100%"', (), 1),  # nothing is a share of nothing
        ('threshold = "5", relative_threshold = "0.1%"', (), 0),  # it must be greater than both
        ('threshold = "4.99", relative_threshold = "1%"', (), 5),
        ('relative_threshold = "1%"', ("--relative-threshold", "0%"), 11),
        ('relative_threshold = "1%"', ("--relative-threshold", "2%"), 3),
        ('relative_threshold = "1%"', ("--threshold", "5"), 0),
    ],
)
def test_a_relative_threshold(accounts: Pgcache, declared: str, options: tuple[str, ...], expected: int) -> None:
    install(accounts, declared)
    _past_triggers(accounts, "UPDATE account SET balance = balance - 5")
    assert over(accounts, *options) == expected


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize(
    "statement", ["UPDATE account SET balance = {} WHERE id = 1", "UPDATE entry SET amount = {} WHERE account = 1"]
)
def test_what_is_not_finite_exceeds_every_share(accounts: Pgcache, statement: str, value: str) -> None:
    """Also where the computed value is not: a share of it is no bound."""
    install(accounts, 'threshold = "1000", relative_threshold = "50%"')
    _past_triggers(accounts, statement.format(f"'{value}'"))
    assert over(accounts) == 1


@pytest.mark.parametrize(
    ("limit", "held"),
    [("1", True), ("2", False), ("0", True), ("66%", True), ("67%", False), ("0%", True), ("100%", False)],
)
def test_too_much_drift_is_not_corrected_unseen(household: Pgcache, limit: str, held: bool) -> None:
    before = household.value(BALANCES)
    outcome = household("reconcile", "--max-corrections", limit, "--json", code=3)
    found = outcome.json["caches"][0]
    assert (found["drifted"], found["corrected"]) == (2, 0 if held else 2)
    assert found.get("held", False) is held
    assert (household.value(BALANCES) == before) is held
    assert household.value(STATUSES) == ["pending_review" if held else "corrected"] * 2
    if held:
        assert outcome.error == (
            "too much drift to be corrected unseen in account_balance (2 of 3 keys): nothing was changed; "
            "see pgcache doctor and pgcache drift list, and raise --max-corrections if it is right"
        )
        household("reconcile", "--max-corrections", "100%", code=3)
        assert household("reconcile").code == 0
        assert household.value(STATUSES) == ["corrected"] * 2


def test_too_much_drift_is_an_alarm_whatever_the_threshold(household: Pgcache) -> None:
    outcome = household("reconcile", "--max-corrections", "1", "--threshold", "1000", "--dry-run", "--json", code=3)
    assert outcome.json["caches"][0]["held"] is True
    outcome = household("reconcile", "--max-corrections", "1", "--threshold", "1000", "--json", code=3)
    assert outcome.error.startswith("too much drift")
    assert household.value(STATUSES) == ["below_threshold"] * 2


def test_a_limit_that_is_declared(accounts: Pgcache) -> None:
    install(accounts, "max_corrections = 10")
    _past_triggers(accounts, "UPDATE account SET balance = balance - 5")
    accounts("reconcile", code=3)
    assert accounts.value("SELECT sum(balance) FROM account") == 5500 - 55
    install(accounts, 'max_corrections = "100%"')
    accounts("reconcile", code=3)
    assert accounts.value("SELECT sum(balance) FROM account") == 5500


def test_a_backfill_and_other_actions_have_no_limit(accounts: Pgcache) -> None:
    install(accounts, "max_corrections = 0")
    assert accounts.value("SELECT sum(balance) FROM account") == 5500
    _past_triggers(accounts, "UPDATE account SET balance = balance - 5")
    found = accounts("reconcile", "--action", "review", "--json", code=3).json["caches"][0]
    assert (found["pending_review"], "held" in found) == (11, False)


def test_the_same_in_sql(household: Pgcache) -> None:
    before = household.value(BALANCES)
    rows = household.conn.execute(
        "SELECT corrected FROM pgcache.reconcile('account_balance', 0, p_max_corrections => '1')"
    )
    assert rows.fetchall() == [(0,)]
    assert household.value(BALANCES) == before
    household.conn.execute("SELECT pgcache.reconcile('account_balance', p_relative_threshold => 0.01)")
    assert household.value("SELECT count(*) FROM pgcache.drift WHERE over_threshold") == 0
    assert household.value("SELECT count(*) FROM pgcache.drift WHERE status = 'corrected'") == 2


def _told(pgcache: Pgcache) -> list[Any]:
    with psycopg.connect(pgcache.dsn, autocommit=True) as listener:
        listener.execute("LISTEN pgcache_drift")
        pgcache.run("reconcile", "--threshold", "1")
        listener.execute("SELECT")
        return [json.loads(note.payload) for note in listener.notifies(timeout=0)]


def test_who_listens_is_told(household: Pgcache) -> None:
    (told,) = _told(household)
    assert Decimal(told.pop("max_abs_drift")) == 100
    assert told == {
        "run_id": household.value("SELECT max(id) FROM pgcache.run"),
        "cache": "account_balance",
        "action": "correct",
        "checked": 3,
        "drifted": 2,
        "over_threshold": 1,
        "corrected": 2,
        "pending_review": 0,
        "held": False,
    }
    assert _told(household) == []


def script(directory: Path, text: str) -> str:
    file = directory / "alert.py"
    file.write_text(text)
    return f"'{sys.executable}' '{file}' 'one argument; $(touch pasted)'"


def test_an_alert_command_gets_the_report(household: Pgcache) -> None:
    command = script(
        household.directory, "import pathlib, sys; pathlib.Path('told').write_text(sys.stdin.read() + sys.argv[1])"
    )
    outcome = household("reconcile", "--json", "--alert-command", command, code=3)
    assert (household.directory / "told").read_text() == outcome.stdout + "one argument; $(touch pasted)"
    assert len(outcome.errors) == 1
    assert not (household.directory / "pasted").exists()
    (household.directory / "told").unlink()
    household("reconcile", "--alert-command", command)
    assert not (household.directory / "told").exists()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("raise SystemExit(5)", "failed with exit code 5"),
        ("import time; time.sleep(60)", "did not end within 0.5 seconds, and was killed"),
    ],
)
def test_an_alert_command_that_fails_hides_no_alarm(
    household: Pgcache, monkeypatch: pytest.MonkeyPatch, text: str, problem: str
) -> None:
    monkeypatch.setattr(alert, "PATIENCE_SECONDS", 0.5 if "sleep" in text else 60)
    outcome = household("reconcile", "--alert-command", script(household.directory, text), code=3)
    assert outcome.errors[0].startswith("drift over the threshold in account_balance")
    assert outcome.errors[1] == f"the alert command {sys.executable} {problem}"
    assert household.value(STATUSES) == ["corrected"] * 2


def test_an_alert_command_that_is_not_there(household: Pgcache) -> None:
    outcome = household("reconcile", "--alert-command", "./nothing", code=3)
    assert outcome.errors[1] == "the alert command ./nothing could not be run: No such file or directory"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("--relative-threshold", "0.1"), "'0.1' is not a share such as 0.1%"),
        (("--relative-threshold", "-1%"), "'-1%' is not a share such as 0.1%"),
        (
            ("--max-corrections", "1.5"),
            "'1.5' is neither a number of keys, such as 100, nor a share of them, such as 5%",
        ),
        (("--alert-command", "mail 'x"), '"mail \'x" is no command: no closing quotation'),
        (("--alert-command", " "), "it is empty"),
    ],
)
def test_wrong_usage(finance: Pgcache, options: tuple[str, ...], error: str) -> None:
    assert finance("reconcile", *options, code=2).error.endswith(f"{error}; see pgcache reconcile --help")

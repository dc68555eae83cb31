"""pgcache reconcile: which caches, what it prints, how it ends. What it repairs is tested with the engine."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.integration.cli.pgcache import Pgcache
from tests.integration.state import state

Connection = psycopg.Connection[Any]

HEADING = "cache checked drifted over threshold corrected pending review max drift seconds"


@pytest.fixture
def drifted(household: Connection) -> None:
    """Two balances are wrong, by 100 and by 0.25."""
    with household.transaction():
        household.execute("SET LOCAL session_replication_role = replica")
        household.execute("UPDATE account SET cached_balance = cached_balance - 100 WHERE name = 'Savings'")
        household.execute("UPDATE account SET cached_balance = cached_balance + 0.25 WHERE name = 'Everyday'")


def rows(output: str) -> list[list[str]]:
    heading, *lines = output.splitlines()
    assert " ".join(heading.split()) == HEADING
    return [line.split() for line in lines]


def test_an_exact_database(finance: Pgcache) -> None:
    outcome = finance("reconcile")
    assert outcome.stderr == ""
    assert [row[:-1] for row in rows(outcome.stdout)] == [
        ["account_balance", "3", "0", "0", "0", "0", "0"],
        ["budget_consumption", "5", "0", "0", "0", "0", "0"],
    ]


@pytest.mark.usefixtures("drifted")
def test_drift_is_corrected_and_raises_an_alarm(finance: Pgcache) -> None:
    outcome = finance("reconcile", "--all", code=3)
    assert outcome.error == (
        "drift over the threshold in account_balance (2 of 3 keys, at most 100.00); see pgcache drift list"
    )
    assert rows(outcome.stdout)[0][:-1] == ["account_balance", "3", "2", "2", "2", "0", "100.00"]
    outcome = finance("reconcile")
    assert outcome.stderr == ""
    assert rows(outcome.stdout)[0][2] == "0"


@pytest.mark.usefixtures("drifted")
def test_json(finance: Pgcache) -> None:
    outcome = finance("reconcile", "--cache", "account_balance", "--threshold", "0.50", "--json", code=3)
    found = outcome.json
    seconds = found["caches"][0].pop("seconds")
    assert isinstance(seconds, float)
    assert found == {
        "run_id": finance.value("SELECT max(id) FROM pgcache.run"),
        "caches": [
            {
                "cache": "account_balance",
                "checked": 3,
                "drifted": 2,
                "over_threshold": 1,
                "corrected": 2,
                "pending_review": 0,
                "max_abs_drift": "100.00",
            }
        ],
    }
    assert outcome.error.startswith("drift over the threshold in account_balance (1 of 3 keys")


@pytest.mark.usefixtures("drifted")
@pytest.mark.parametrize(("threshold", "code"), [("99.99", 3), ("100", 0), ("100.00", 0), ("0", 3)])
def test_a_drift_of_the_threshold_raises_no_alarm(finance: Pgcache, threshold: str, code: int) -> None:
    finance("reconcile", "--threshold", threshold, code=code)


@pytest.mark.usefixtures("drifted")
def test_a_dry_run_writes_nothing(finance: Pgcache) -> None:
    before = state(finance.conn)
    outcome = finance("reconcile", "--dry-run", "--json", code=3)
    assert outcome.json["run_id"] is None
    assert [cache["corrected"] for cache in outcome.json["caches"]] == [0, 0]
    assert outcome.error == (
        "drift over the threshold in account_balance (2 of 3 keys, at most 100.00); pgcache reconcile corrects it"
    )
    assert state(finance.conn) == before


@pytest.mark.usefixtures("drifted")
@pytest.mark.parametrize(("action", "pending", "status"), [("review", 2, "pending_review"), ("alert", 0, "alerted")])
def test_another_action_leaves_the_values(finance: Pgcache, action: str, pending: int, status: str) -> None:
    balances = "SELECT array_agg(cached_balance ORDER BY id) FROM account"
    before = finance.value(balances)
    outcome = finance("reconcile", "--action", action, "--json", code=3)
    assert (outcome.json["caches"][0]["corrected"], outcome.json["caches"][0]["pending_review"]) == (0, pending)
    assert finance.value(balances) == before
    assert finance.value("SELECT array_agg(DISTINCT status) FROM pgcache.drift") == [status]


@pytest.mark.parametrize(
    ("options", "caches"),
    [
        ((), ["account_balance", "budget_consumption"]),
        (("--all",), ["account_balance", "budget_consumption"]),
        (("--cache", "budget_consumption"), ["budget_consumption"]),
        (("--cache", "budget_consumption", "--cache", "account_balance"), ["budget_consumption", "account_balance"]),
        (("--cache", "account_balance", "--cache", "account_balance"), ["account_balance"]),
        (("--model", "account"), ["account_balance"]),
        (("--model", "public.budget"), ["budget_consumption"]),
        (("--model", "budget", "--model", "account"), ["budget_consumption", "account_balance"]),
    ],
)
@pytest.mark.parametrize("dry_run", [(), ("--dry-run",)])
def test_which_caches(finance: Pgcache, options: tuple[str, ...], caches: list[str], dry_run: tuple[str, ...]) -> None:
    found = finance("reconcile", *options, *dry_run, "--json").json
    assert [cache["cache"] for cache in found["caches"]] == caches


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (
            ("--cache", "acount_balance"),
            "no cache is named 'acount_balance' in this database (installed: account_balance, budget_consumption)",
        ),
        (
            ("--model", "transaction"),
            'no cache has the target \'transaction\' (targets: "public"."account", "public"."budget")',
        ),
    ],
)
def test_what_is_not_there(finance: Pgcache, options: tuple[str, ...], error: str) -> None:
    assert finance("reconcile", *options, code=1).error == f"{error}; see pgcache status"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("--all", "--cache", "account_balance"), "--cache, --model and --all exclude each other"),
        (("--model", "account", "--cache", "account_balance"), "--cache, --model and --all exclude each other"),
        (("--threshold", "NaN"), "Invalid value for '--threshold': 'NaN' is not an amount of 0 or more, such as 0.50"),
        (("--threshold", "Infinity"), "'Infinity' is not an amount of 0 or more, such as 0.50"),
        (("--threshold=-1",), "'-1' is not an amount of 0 or more, such as 0.50"),
        (("--threshold", "1e9"), "'1e9' is not an amount of 0 or more, such as 0.50"),
        (("--threshold", ""), "'' is not an amount of 0 or more, such as 0.50"),
        (("--action", "fix"), "'fix' is not one of 'correct', 'review', 'alert'"),
        (("--sample", "1", "--batch-size", "5"), "--sample and --batch-size exclude each other"),
        (("--sample", "1", "--resume"), "--sample and --resume exclude each other"),
        (("--sample", "1", "--scan-dsn", ""), "--sample and --scan-dsn exclude each other"),
        (("--sample", "1", "--since", "1d"), "--sample and --since exclude each other"),
        (("--since", "1d", "--resume"), "--since and --resume exclude each other"),
        (("--since", "soon"), "'soon' is not a duration such as 90d, 12h or '2 minutes'"),
        (("--scan-dsn", "host=x", "--batch-size", "5"), "--scan-dsn and --batch-size exclude each other"),
        (("--scan-dsn", "host=x", "--resume"), "--scan-dsn and --resume exclude each other"),
        (("--dry-run", "--batch-size", "5"), "--dry-run and --batch-size exclude each other"),
        (("--dry-run", "--resume"), "--dry-run and --resume exclude each other"),
        (("--sample", "0"), "'0' is not a number of percent, such as 0.5"),
        (("--sample", "100.1%"), "'100.1%' is not a number of percent, such as 0.5"),
        (("--batch-size", "0"), "0 is not in the range x>=1"),
        (("--sleep", "-1"), "-1.0 is not in the range x>=0"),
        (("--tolerance", "1"), "No such option '--tolerance'"),
        (("everything",), "Got unexpected extra argument (everything)"),
    ],
)
def test_wrong_usage(finance: Pgcache, options: tuple[str, ...], error: str) -> None:
    outcome = finance("reconcile", *options, code=2)
    assert outcome.error.endswith(f"{error}; see pgcache reconcile --help")
    assert outcome.stdout == ""


@pytest.mark.parametrize("command", ["reconcile", "status", "rollover", "uninstall", "drift list", "recompute c 1"])
def test_a_database_without_pgcache(pgcache: Pgcache, command: str) -> None:
    before = state(pgcache.conn)
    assert pgcache(*command.split(), code=1).error == (
        f"pgcache is not installed in database '{pgcache.conn.info.dbname}'; "
        "run pgcache migrate, or connect to another one"
    )
    assert state(pgcache.conn) == before


def test_what_was_touched_is_not_guessed(finance: Pgcache) -> None:
    before = state(finance.conn)
    assert finance("reconcile", "--since", "1d", code=1).error == (
        'cache "account_balance" cannot tell which keys were touched (Not each of its sources declares when its rows '
        'were written); Add touched = "updated_at", with a column of yours, to each of its sources and run pgcache '
        "migrate; or use --sample"
    )
    assert state(finance.conn) == before


def test_a_threshold_keeps_its_digits(finance: Pgcache) -> None:
    exact = "12345678901234567890.123456789"
    finance("reconcile", "--threshold", exact)
    assert finance.value("SELECT DISTINCT threshold FROM pgcache.run WHERE kind = 'reconcile'") == Decimal(exact)

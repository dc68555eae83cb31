"""pgcache reconcile on the parties: calculate from the history, compare, log each discrepancy, update."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.integration.cli.pgcache import Pgcache
from tests.integration.parties.bakery import CACHES, MEASURES, TARGETS, Bakery
from tests.oracle.compare import differences

BY_TABLE = dict(zip(TARGETS, CACHES, strict=True))


def corrupt_everything(bakery: Bakery) -> None:
    """One party or drawer of each kind is wrong by 1, 2, 3, 4 and -5."""
    for by, (table, (first, _)) in zip((1, 2, 3, 4, -5), TARGETS.items(), strict=True):
        bakery.corrupt(f"UPDATE {table} SET {MEASURES[table]} = {MEASURES[table]} - ({by}) WHERE id = %({first})s")


def logged(bakery: Bakery, run: int) -> dict[str, tuple[Any, ...]]:
    """What pgcache.drift says of a run: by party, its cache, measure, figures and what became of it."""
    names = {str(key): name for name, key in bakery.ids.items()}
    rows = bakery.conn.execute(
        """SELECT key ->> 'id', cache, measure, cached, computed, drift, over_threshold, status
           FROM pgcache.drift WHERE run_id = %s""",
        (run,),
    )
    return {names[key]: tuple(row) for key, *row in rows}


def wrong(bakery: Bakery) -> list[str]:
    return [cache for cache in CACHES if differences(bakery.conn, cache)]


def test_all(pgcache: Pgcache, bakery: Bakery) -> None:
    corrupt_everything(bakery)
    outcome = pgcache("reconcile", "--all", "--json", code=3)
    assert {
        cache["cache"]: (cache["checked"], cache["drifted"], cache["corrected"], cache["max_abs_drift"])
        for cache in outcome.json["caches"]
    } == {
        "customer_balance": (2, 1, 1, "1.00"),
        "vendor_balance": (2, 1, 1, "2.00"),
        "employee_balance": (2, 1, 1, "3.00"),
        "member_balance": (2, 1, 1, "4.00"),
        "cash_drawer_amount": (2, 1, 1, "5.00"),
    }
    assert logged(bakery, outcome.json["run_id"]) == {
        "aurora": ("customer_balance", "balance", 54, 55, 1, True, "corrected"),
        "mill": ("vendor_balance", "balance", 98, 100, 2, True, "corrected"),
        "amina": ("employee_balance", "balance", 107, 110, 3, True, "corrected"),
        "dana": ("member_balance", "balance", 488, 492, 4, True, "corrected"),
        "till": ("cash_drawer_amount", "amount", 125, 120, -5, True, "corrected"),
    }
    bakery.expect()
    again = pgcache("reconcile", "--all", "--json")
    assert [cache["drifted"] for cache in again.json["caches"]] == [0] * 5
    assert logged(bakery, again.json["run_id"]) == {}


@pytest.mark.parametrize("table", TARGETS)
def test_one_model(pgcache: Pgcache, bakery: Bakery, table: str) -> None:
    """The caches of one table are corrected; the others, as wrong, are not even looked at."""
    corrupt_everything(bakery)
    outcome = pgcache("reconcile", "--model", table, "--json", code=3)
    assert [cache["cache"] for cache in outcome.json["caches"]] == [BY_TABLE[table]]
    assert list(logged(bakery, outcome.json["run_id"])) == [TARGETS[table][0]]
    assert wrong(bakery) == [cache for cache in CACHES if cache != BY_TABLE[table]]


def test_several_models(pgcache: Pgcache, bakery: Bakery) -> None:
    corrupt_everything(bakery)
    pgcache("reconcile", "--model", "customers", "--model", "cash_drawer_money", code=3)
    assert wrong(bakery) == ["vendor_balance", "employee_balance", "member_balance"]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM payments",
        "UPDATE payments SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END",
        "UPDATE payments SET customer_id = NULL, vendor_id = %(dairy)s WHERE customer_id IS NOT NULL",
        """INSERT INTO payments (member_id, drawer_id, direction, amount)
           SELECT %(emil)s, %(safe)s, 'out', n FROM generate_series(1, 100) AS n""",
        "UPDATE sales SET total = total * 2",
        "UPDATE transactions SET drawer_id = NULL, flow_type = 'outcome'",
    ],
)
def test_history_that_no_trigger_saw_is_counted(pgcache: Pgcache, bakery: Bakery, statement: str) -> None:
    bakery.corrupt(statement)
    assert wrong(bakery)
    pgcache("reconcile", "--all", code=3)
    bakery.exact()


def test_many_parties_at_once(pgcache: Pgcache, bakery: Bakery) -> None:
    """More than are corrected in one transaction; each is logged."""
    bakery.conn.execute("INSERT INTO customers (name) SELECT 'Customer ' || n FROM generate_series(1, 2500) AS n")
    bakery.corrupt(
        """INSERT INTO sales (customer_id, total)
           SELECT id, 0.01 * length(name) FROM customers WHERE name LIKE 'Customer %%'"""
    )
    (customers,) = pgcache("reconcile", "--model", "customers", "--json", code=3).json["caches"]
    assert (customers["checked"], customers["drifted"], customers["corrected"]) == (2502, 2500, 2500)
    assert bakery.value("SELECT count(*) FROM pgcache.drift WHERE status = 'corrected'") == 2500
    bakery.expect()


def test_a_drift_up_to_the_threshold_is_corrected_without_alarm(pgcache: Pgcache, bakery: Bakery) -> None:
    corrupt_everything(bakery)
    outcome = pgcache("reconcile", "--all", "--threshold", "4.00", code=3)
    assert outcome.stderr == (
        "pgcache: drift over the threshold in cash_drawer_amount (1 of 2 keys, at most 5.00); see pgcache drift list\n"
    )
    bakery.expect()
    corrupt_everything(bakery)
    assert pgcache("reconcile", "--all", "--threshold", "5.00").stderr == ""
    bakery.expect()


@pytest.mark.parametrize(("action", "status"), [("review", "pending_review"), ("alert", "alerted")])
def test_nothing_is_corrected_where_somebody_is_to_look_first(
    pgcache: Pgcache, bakery: Bakery, action: str, status: str
) -> None:
    corrupt_everything(bakery)
    before = bakery.found()
    outcome = pgcache("reconcile", "--all", "--action", action, "--threshold", "1.00", "--json", code=3)
    assert {name: (row[-2], row[-1]) for name, row in logged(bakery, outcome.json["run_id"]).items()} == {
        "aurora": (False, "below_threshold"),
        **dict.fromkeys(("mill", "amina", "dana", "till"), (True, status)),
    }
    assert bakery.found() == before


def test_a_dry_run_writes_nothing(pgcache: Pgcache, bakery: Bakery) -> None:
    corrupt_everything(bakery)
    before = bakery.found()
    runs = bakery.value("SELECT count(*) FROM pgcache.run")
    outcome = pgcache("reconcile", "--all", "--dry-run", "--json", code=3)
    assert outcome.json["run_id"] is None
    assert [Decimal(cache["max_abs_drift"]) for cache in outcome.json["caches"]].count(Decimal(0)) == 0
    assert bakery.found() == before
    assert bakery.value("SELECT count(*) FROM pgcache.run") == runs
    assert bakery.value("SELECT count(*) FROM pgcache.drift") == 0


def test_writers_between_two_passes_are_not_undone(pgcache: Pgcache, bakery: Bakery) -> None:
    """What was corrected goes on being kept: the correction is no hand-written value to the guard."""
    corrupt_everything(bakery)
    pgcache("reconcile", "--all", code=3)
    bakery.run("UPDATE payments SET amount = amount + 1")
    bakery.exact()
    assert pgcache("reconcile", "--all").code == 0


def test_an_unknown_model(pgcache: Pgcache, bakery: Bakery) -> None:
    outcome = pgcache("reconcile", "--model", "suppliers", code=1)
    assert outcome.error.startswith("no cache has the target 'suppliers' (targets: ")

"""Figures that change with the calendar, though no row does."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from pgcache import migrate
from tests.integration.deferred.office import Office, declaration


def overdue(office: Office) -> dict[int, Decimal]:
    return dict(office.conn.execute("SELECT customer_id, overdue FROM debt").fetchall())


def test_a_row_says_when_it_will_change(office: Office) -> None:
    found = dict(office.run("SELECT customer_id, changes_on FROM pgcache.debts"))
    assert found == {1: date(2025, 7, 2), 2: date(2025, 6, 21), 9: None}


def test_a_row_is_stale_from_the_day_on(office: Office) -> None:
    office.today("2025-06-20")
    assert office.dirty() == []
    office.today("2025-06-21")
    assert office.dirty() == [2]
    ((dirty, aged),) = office.run("SELECT dirty, oldest_mark > interval '1 day' FROM pgcache.status()")
    assert (dirty, aged) == (1, True)


def test_a_refresh_computes_what_is_due(office: Office) -> None:
    assert overdue(office) == {1: 30, 2: 0, 9: 0}
    office.today("2025-06-21")
    assert office.refresh().refreshed == 1
    assert overdue(office) == {1: 30, 2: 7, 9: 0}
    assert office.dirty() == []
    office.today("2025-07-02")
    assert office.refresh().refreshed == 1
    office.exact()
    assert office.refresh().refreshed == 0


def test_a_key_that_is_marked_and_due_is_computed_once(office: Office) -> None:
    office.today("2025-06-21")
    office.run("INSERT INTO payment (customer_id, amount) VALUES (2, 5)")
    assert office.refresh().refreshed == 1
    office.exact()


def test_a_due_row_is_stale_and_no_drift(office: Office) -> None:
    office.today("2025-06-21")
    assert office.run("SELECT * FROM pgcache.compare('debts')") == []
    office.run("UPDATE debt SET changes_on = NULL")
    assert office.run("SELECT key ->> 'customer_id', measure FROM pgcache.compare('debts')") == [
        ("1", "changes_on"),
        ("2", "overdue"),
    ]


def test_a_row_that_comes_due_too_late_has_drifted(office: Office) -> None:
    """Its figures are right until then, and would not be after it."""
    office.run("SET session_replication_role = replica; UPDATE invoice SET due = due - 7 WHERE id = 2")
    office.run("RESET session_replication_role")
    days = [(date(2025, 7, 2) - date(1970, 1, 1)).days, (date(2025, 6, 25) - date(1970, 1, 1)).days, -7]
    assert office.run("SELECT measure, cached, computed, drift FROM pgcache.compare('debts')") == [
        ("changes_on", *days)
    ]
    assert office.run("SELECT drifted, over_threshold, corrected FROM pgcache.reconcile('debts')") == [(1, 1, 1)]
    assert office.run("SELECT measure, drift, status FROM pgcache.drift") == [("changes_on", -7, "corrected")]
    assert office.run("SELECT changes_on FROM debt WHERE customer_id = 1") == [(date(2025, 6, 25),)]
    assert office.run("SELECT * FROM pgcache.compare('debts')") == []
    office.today("2025-06-25")
    assert office.dirty() == [1, 2]


@pytest.mark.parametrize("way", ["SELECT pgcache.approve(1)", "SELECT recompute_debt(1)"])
def test_a_row_that_comes_due_too_late_waits_for_review(office: Office, way: str) -> None:
    office.run("UPDATE debt SET changes_on = 'infinity' WHERE customer_id = 1")
    office.run("SELECT * FROM pgcache.reconcile('debts', p_action => 'review')")
    assert office.run("SELECT measure, cached, status FROM pgcache.drift") == [
        ("changes_on", Decimal("Infinity"), "pending_review")
    ]
    office.run(way)
    assert office.run("SELECT changes_on FROM debt WHERE customer_id = 1") == [(date(2025, 7, 2),)]
    assert office.run("SELECT status FROM pgcache.drift") == [("corrected",)]


def test_a_row_that_comes_due_too_early_is_computed_then(office: Office) -> None:
    """A query may well say a later time whenever it is asked."""
    office.run("UPDATE debt SET changes_on = '2025-06-18' WHERE customer_id IN (1, 9)")
    assert office.run("SELECT * FROM pgcache.compare('debts')") == []
    office.today("2025-06-18")
    assert office.dirty() == [1, 9]
    office.refresh()
    assert office.run("SELECT changes_on FROM debt ORDER BY customer_id") == [
        (date(2025, 7, 2),),
        (date(2025, 6, 21),),
        (None,),
    ]


def test_a_moment_is_compared_in_seconds(tables: psycopg.Connection[Any]) -> None:
    day = "min(i.due) FILTER (WHERE i.due >= pgcache.today()) + 1"
    moment = f"({day})::timestamp AT TIME ZONE 'UTC' + interval '1000 years'"
    tables.execute("SET pgcache.today = '2025-06-15'")
    migrate.migrate(tables, declaration((f"{day} AS", f"{moment} AS")))
    tables.execute("UPDATE debt SET changes_on = changes_on + interval '90.5 seconds' WHERE customer_id = 1")
    found = tables.execute("SELECT measure, drift FROM pgcache.compare('debts')").fetchall()
    assert found == [("changes_on", Decimal("-90.5"))]


def test_a_recompute_shows_the_figures_alone(office: Office) -> None:
    assert [row[0] for row in office.run("SELECT * FROM pgcache.recompute('debts', '1')")] == [
        "owed",
        "overdue",
        "largest",
    ]

"""Figures that change with the calendar, though no row does."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.integration.deferred.office import Office


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
    assert office.run("SELECT key ->> 'customer_id', measure FROM pgcache.compare('debts')") == [("2", "overdue")]

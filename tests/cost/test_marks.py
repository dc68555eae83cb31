"""Deferred caches: a writer appends marks, and reads no table for it; a refresh reads what is marked and no more."""

from __future__ import annotations

import pytest

from tests.cost.counting import Connection, Work, work_of

INTO = "INSERT INTO payment (account_id, amount)"
ONE = f"{INTO} VALUES (numbered(7), 5)"

# Each event, and what it looks up by itself: the row that it changes, or that a foreign key names.
EVENTS = {
    "line": ("INSERT INTO invoice_line (invoice_id, amount) VALUES (numbered(7), 5)", {"invoice": 1}),
    "amount of a line": ("UPDATE invoice_line SET amount = amount + 1 WHERE id = numbered(7)", {"invoice_line": 1}),
    "treatment": ("INSERT INTO treatment (visit_id, amount) VALUES (numbered(7), 5)", {"visit": 1}),
    "payment": (ONE, {"account": 1}),
    "due date": ("UPDATE invoice SET due_date = '2025-03-03' WHERE id = numbered(7)", {"invoice": 1}),
    "void invoice": ("UPDATE invoice SET voided_at = now() WHERE id = numbered(7)", {"invoice": 1}),
    "new account": ("INSERT INTO account (name) VALUES ('new')", {}),
}
# Of a few rows, whatever the caches hold: what is installed, what is set, and the marks themselves.
SMALL = {"cache", "setting", "run", "account_aging_dirty"}


def usual(conn: Connection, statement: str) -> Work:
    """Count what a statement does most times: one in 127 marks has its writer thin out others."""
    return min((work_of(conn, statement) for _ in range(4)), key=lambda work: sum(work.calls.values()))


@pytest.mark.parametrize(("event", "lookups"), EVENTS.values(), ids=EVENTS)
def test_a_mark_is_appended_without_reading_anything(billed: Connection, event: str, lookups: dict[str, int]) -> None:
    work = usual(billed, event)
    assert work.inserts["account_aging_dirty"] > 0
    assert +work.lookups == lookups
    assert not work.scans
    assert sum(work.calls.values()) == 1


def test_many_rows_of_one_account_mark_it_as_often_as_one(billed: Connection) -> None:
    many = usual(billed, f"{INTO} SELECT numbered(7), 5 FROM generate_series(1, 1000)")
    assert many.inserts["account_aging_dirty"] == work_of(billed, ONE).inserts["account_aging_dirty"]
    assert sum(many.calls.values()) == 1


def test_a_refresh_of_one_account_reads_its_rows_by_indexes(billed: Connection) -> None:
    work = work_of(billed, f"{ONE}; SELECT pgcache.refresh('account_aging')")
    assert +work.updates - work_of(billed, ONE).updates == {"account_aging": 1, "run": work.updates["run"]}
    assert set(work.scans) <= SMALL


MARKED = "INSERT INTO pgcache.account_aging_dirty (key_1) SELECT numbered(n) FROM generate_series(1, 50) AS n"
ALL_DIRTY = "SELECT count(*) FILTER (WHERE dirty) FROM pgcache.account_aging"
ONE_DIRTY = "SELECT dirty FROM pgcache.account_aging WHERE account_id = numbered(7)"


def test_whether_rows_are_dirty_is_asked_once_for_all_of_them(billed: Connection) -> None:
    """The filter of an aggregate is where a condition for each row would be taken for one that is asked once."""
    before = work_of(billed, MARKED)
    work = work_of(billed, f"{MARKED}; {ALL_DIRTY}") - before
    assert work.scans["account_aging"] == 1
    assert work.scans["account_aging_dirty"] + work.lookups["account_aging_dirty"] <= 5


def test_whether_one_row_is_dirty_is_looked_up(billed: Connection) -> None:
    work = work_of(billed, f"{MARKED}; {ONE_DIRTY}") - work_of(billed, MARKED)
    assert set(work.scans) <= SMALL

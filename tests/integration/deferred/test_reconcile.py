"""Reconcile tells drift, which nothing marks, from what is merely stale."""

from __future__ import annotations

import pytest

from pgcache.reconcile import Policy, reconcile
from tests.integration.deferred.office import Office


def test_what_is_marked_is_no_drift(office: Office) -> None:
    office.run("INSERT INTO payment (customer_id, amount) VALUES (2, 5)")
    office.run("UPDATE line SET amount = 1")
    (found,) = reconcile(office.conn, ["debts"], dry_run=True).caches
    assert (found.checked, found.drifted, found.stale) == (3, 0, 4)
    assert office.marks() == 4


def test_what_nothing_marks_is_drift_and_is_corrected(office: Office) -> None:
    office.run("UPDATE debt SET owed = 5, largest = NULL WHERE customer_id = 2")
    office.run("DELETE FROM debt WHERE customer_id = 9")
    office.run("INSERT INTO debt (customer_id, owed) VALUES (10, 3)")
    report = reconcile(office.conn, ["debts"])
    (found,) = report.caches
    assert (found.drifted, found.corrected) == (3, 3)
    rows = office.run("SELECT key ->> 'customer_id', measure, cached, computed, status FROM pgcache.drift ORDER BY id")
    assert rows == [
        ("2", "owed", 5, 7, "corrected"),
        ("2", "largest", None, 7, "corrected"),
        ("9", "owed", None, -4, "corrected"),
        ("9", "overdue", None, 0, "corrected"),
        ("10", "owed", 3, None, "corrected"),
    ]
    office.exact()
    assert reconcile(office.conn, ["debts"]).caches[0].drifted == 0


def test_some_keys_alone(office: Office) -> None:
    office.run("UPDATE debt SET owed = 5")
    office.run("INSERT INTO debt (customer_id, owed) VALUES (10, 3)")
    office.run("INSERT INTO payment (customer_id, amount) VALUES (9, 1)")
    keys = 'ARRAY[\'{"customer_id": "2"}\', \'{"customer_id": "9"}\', \'{"customer_id": "10"}\']::jsonb[]'
    found = office.run(f"SELECT key ->> 'customer_id', measure, drift FROM pgcache.compare_keys('debts', {keys})")
    assert found == [("2", "owed", 2), ("10", "owed", -3)]


def test_it_refreshes_what_is_stale_first(office: Office) -> None:
    office.run("INSERT INTO payment (customer_id, amount) VALUES (2, 5)")
    (found,) = reconcile(office.conn, ["debts"]).caches
    assert (found.drifted, found.stale) == (0, 0)
    assert office.marks() == 0
    office.exact()


def test_a_key_that_fails_is_stale(office: Office) -> None:
    office.run("ALTER TABLE debt ADD CHECK (owed < 1000)")
    office.run("INSERT INTO line (invoice_id, amount) VALUES (3, 5000)")
    (found,) = reconcile(office.conn, ["debts"]).caches
    assert (found.drifted, found.stale) == (0, 1)
    assert office.dirty() == [2]


def test_with_alert_nothing_is_corrected(office: Office) -> None:
    office.run("UPDATE debt SET owed = 5 WHERE customer_id = 2")
    (found,) = reconcile(office.conn, ["debts"], Policy(action="alert")).caches
    assert (found.drifted, found.corrected) == (1, 0)
    assert office.owed()[2] == 5


@pytest.mark.parametrize("call", ["SELECT drifted FROM pgcache.reconcile('debts')"])
def test_in_sql(office: Office, call: str) -> None:
    office.run("UPDATE debt SET owed = 5 WHERE customer_id = 2")
    assert office.run(call) == [(1,)]
    office.exact()

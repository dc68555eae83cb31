"""Refreshes: keys that fail, single keys, batches, and what a caller may not do."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest

from pgcache import migrate, refresh
from pgcache.recompute import recompute
from tests.integration.deferred.office import QUERY, Office, declaration


def fail(office: Office, *customers: int) -> None:
    """Let the figures of some customers divide by zero."""
    for customer in customers:
        office.run(f"INSERT INTO line (invoice_id, amount, share) VALUES ({customer}, 1, 0)")


def test_a_key_that_fails_does_not_keep_the_others(office: Office) -> None:
    office.run("INSERT INTO customer SELECT n, 'c' FROM generate_series(100, 199) AS n")
    office.run("INSERT INTO invoice SELECT n, n, '2025-06-20', false FROM generate_series(100, 199) AS n")
    office.run("INSERT INTO line (invoice_id, amount) SELECT n, n FROM generate_series(100, 199) AS n")
    fail(office, 137, 141)
    done = office.refresh()
    assert (done.refreshed, done.failed, done.dirty) == (98, 2, 2)
    owed = office.owed()
    assert 137 not in owed
    assert all(owed[n] == n for n in range(100, 200) if n not in (137, 141))
    assert office.run("SELECT key, error FROM pgcache.failures('debts') ORDER BY key") == [
        ({"customer_id": "137"}, "division by zero (22012)"),
        ({"customer_id": "141"}, "division by zero (22012)"),
    ]


def test_a_key_that_failed_is_tried_again_and_keeps_its_age(office: Office) -> None:
    fail(office, 3)
    office.run("UPDATE pgcache.debts_dirty SET marked_at = now() - interval '1 hour'")
    for _ in range(2):
        assert office.refresh().failed == 1
        assert office.marks() == 1
    assert office.run("SELECT oldest_mark > interval '1 hour' FROM pgcache.status()") == [(True,)]
    office.run("UPDATE line SET share = 1")
    assert office.refresh().failed == 0
    assert office.run("SELECT * FROM pgcache.failures('debts')") == []
    office.exact()


def test_a_check_of_the_target_is_one_key_s_failure(office: Office) -> None:
    office.run("ALTER TABLE debt ADD CHECK (owed < 1000)")
    office.run("INSERT INTO line (invoice_id, amount) VALUES (3, 5000), (2, 50)")
    assert office.refresh().failed == 1
    assert office.owed()[1] == 150


def test_a_query_that_lost_its_table_stops_the_refresh_and_keeps_the_marks(office: Office) -> None:
    office.run("INSERT INTO payment (customer_id, amount) VALUES (2, 5), (9, 1)")
    office.run("ALTER TABLE line RENAME TO lines")
    with pytest.raises(psycopg.errors.UndefinedTable):
        office.refresh()
    assert office.marks() == 2
    office.run("ALTER TABLE lines RENAME TO line")
    office.refresh()
    office.exact()


def test_many_marks_are_taken_in_batches(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "BATCH", 2)
    steps: list[tuple[str, int, int]] = []
    office.run("UPDATE line SET amount = amount + 1")
    office.run("INSERT INTO payment (customer_id, amount) VALUES (2, 5), (9, 1)")
    refresh.refresh(office.conn, "debts", lambda *step: steps.append(step))
    assert steps == [("debts", 2, 5), ("debts", 4, 5), ("debts", 5, 5)]
    office.exact()


def test_a_refresh_that_is_told_to_stop_leaves_the_rest(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "BATCH", 2)
    office.run("UPDATE line SET amount = amount + 1")
    answers = iter([False, True])
    refresh.refresh(office.conn, "debts", stopping=lambda: next(answers))
    assert office.marks() == 1
    office.refresh()
    office.exact()


def test_it_can_be_called_in_sql(office: Office) -> None:
    office.run("INSERT INTO payment (customer_id, amount) VALUES (2, 5), (9, 1)")
    assert office.run("SELECT pgcache.refresh('debts')") == [(2,)]
    office.exact()


def test_a_session_gets_fresh_figures_of_its_own_key(office: Office) -> None:
    office.run("BEGIN")
    office.run("INSERT INTO payment (customer_id, amount) VALUES (2, 5)")
    office.run("INSERT INTO line (invoice_id, amount) VALUES (3, 1)")
    assert office.run("SELECT owed, overdue, largest FROM recompute_debt(2)") == [(3, 0, 7)]
    assert office.run("SELECT owed, dirty FROM pgcache.debts WHERE customer_id = 2") == [(3, False)]
    office.run("COMMIT")
    assert office.marks() == 0
    office.exact()


def test_recompute_leaves_the_marks_that_lead_to_other_keys_too(office: Office) -> None:
    office.run("UPDATE invoice SET customer_id = 9 WHERE id = 3")
    assert [row.value for row in recompute(office.conn, "debts", ["9"])] == [3, 0, 7]
    assert office.dirty() == [2]
    office.refresh()
    office.exact()


def test_recompute_of_a_stale_key_is_no_drift_and_of_a_clean_one_is(office: Office) -> None:
    office.run("INSERT INTO payment (customer_id, amount) VALUES (2, 5)")
    list(recompute(office.conn, "debts", ["2"]))
    assert office.run("SELECT * FROM pgcache.drift") == []
    office.run("UPDATE debt SET owed = 99 WHERE customer_id = 2")
    list(recompute(office.conn, "debts", ["2"]))
    assert office.run("SELECT measure, drift FROM pgcache.drift") == [("owed", Decimal(-97))]


def test_recompute_of_a_key_without_figures_removes_its_row(office: Office) -> None:
    office.run("DELETE FROM payment WHERE customer_id = 9")
    assert office.run("SELECT * FROM recompute_debt(9)") == [(None, None, None)]
    office.exact()


@pytest.mark.parametrize("call", ["pgcache.refresh('debts')", "pgcache.recompute('debts', '1')"])
def test_at_repeatable_read_it_is_refused(office: Office, call: str) -> None:
    office.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
    with pytest.raises(psycopg.Error, match='A refresh of cache "debts" needs READ COMMITTED') as caught:
        office.run(f"SELECT {call}")
    assert caught.value.sqlstate == "PC005"


def test_two_rows_for_one_key_are_a_failure(office: Office) -> None:
    query = "SELECT k.customer_id, p.amount AS owed FROM pgcache_keys AS k JOIN payment AS p USING (customer_id)"
    migrate.migrate(office.conn, declaration((QUERY, query), (', expires = "changes_on"', "")))
    office.run("INSERT INTO payment (customer_id, amount) VALUES (1, 2)")
    assert office.refresh().failed == 1
    ((key, error),) = office.run("SELECT key, error FROM pgcache.failures('debts')")
    assert (key, "second time" in error) == ({"customer_id": "1"}, True)


def test_a_run_is_logged_where_there_was_something_to_do(office: Office) -> None:
    office.refresh()
    assert office.run("SELECT * FROM pgcache.run WHERE kind = 'refresh'") == []
    office.run("INSERT INTO payment (customer_id, amount) VALUES (2, 5), (9, 1)")
    office.run("UPDATE line SET share = 0 WHERE invoice_id = 1")
    office.refresh()
    found = office.run("SELECT checked, failed, finished_at IS NOT NULL FROM pgcache.run WHERE kind = 'refresh'")
    assert found == [(2, 1, True)]


def test_old_runs_of_refreshes_are_forgotten(office: Office) -> None:
    office.run(
        "INSERT INTO pgcache.run (id, cache, kind, started_at)"
        " VALUES (0, 'debts', 'refresh', now() - interval '2 months')"
    )
    office.run("INSERT INTO payment (customer_id, amount) VALUES (2, 5)")
    office.refresh()
    assert office.run("SELECT count(*) FROM pgcache.run WHERE kind = 'refresh'") == [(1,)]

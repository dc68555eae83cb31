"""A recompute of a key of a deferred cache beside a writer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.conftest import Clone
from tests.integration.deferred.office import Office, build
from tests.support import wait_for_lock


def test_a_writer_that_commits_meanwhile_is_no_drift(clone: Clone) -> None:
    """It comes after the recompute has found the key unmarked, and before the figures are computed."""
    dsn = clone("office", build)
    options = "-c pgcache.today=2025-06-15"
    with (
        psycopg.connect(dsn, autocommit=True) as watcher,
        psycopg.connect(dsn, autocommit=True, options=options) as clerk,
        psycopg.connect(dsn, autocommit=True, options=options) as writer,
        ThreadPoolExecutor(1) as thread,
    ):
        office = Office(watcher)
        # Marks can be read beside this lock, and not consumed.
        writer.execute("BEGIN; LOCK TABLE pgcache.debts_dirty IN SHARE ROW EXCLUSIVE MODE")
        writer.execute("INSERT INTO payment (customer_id, amount) VALUES (2, 5)")
        recomputing = thread.submit(clerk.execute, "SELECT recompute_debt(2)")
        wait_for_lock(watcher, clerk.info.backend_pid)
        writer.execute("COMMIT")
        recomputing.result()
        assert watcher.execute("SELECT cached, computed FROM pgcache.drift").fetchall() == []
        office.refresh()
        office.exact()


@pytest.mark.parametrize("query", ["recompute_debt(2)", "pgcache.recompute('debts', '2')"])
def test_whoever_waits_for_a_turn_does_not_have_the_target_yet(clone: Clone, query: str) -> None:
    """A migration could not get it from a queue of them."""
    dsn = clone("office", build)
    with (
        psycopg.connect(dsn, autocommit=True) as watcher,
        psycopg.connect(dsn) as first,
        psycopg.connect(dsn, autocommit=True) as second,
        ThreadPoolExecutor(1) as thread,
    ):
        first.execute("SELECT pgcache.lock_refresh('debts')")
        waiting = thread.submit(second.execute, f"SELECT {query}".encode())
        wait_for_lock(watcher, second.info.backend_pid)
        locked = "SELECT mode FROM pg_locks WHERE pid = %s AND relation = 'debt'::regclass"
        held = watcher.execute(locked, [second.info.backend_pid]).fetchall()
        first.commit()
        waiting.result()
        assert held == []

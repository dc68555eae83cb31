"""A recompute of a key of a deferred cache beside a writer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg

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

"""TRUNCATE beside a reconcile: its rows are gone from snapshots that are older than it, too."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg

from tests.conftest import Clone
from tests.integration.deferred.office import Office, build
from tests.support import wait_for_lock


def test_a_truncate_that_a_reconcile_waits_for_is_no_drift_of_a_deferred_cache(clone: Clone) -> None:
    """Its snapshot does not have the mark that came with the TRUNCATE: the keys are stale, and left to the refresh."""
    dsn = clone("office", build)
    options = "-c pgcache.today=2025-06-15"
    with (
        psycopg.connect(dsn, autocommit=True) as watcher,
        psycopg.connect(dsn, autocommit=True, options=options) as reconciler,
        psycopg.connect(dsn, autocommit=True, options=options) as other,
        ThreadPoolExecutor(1) as thread,
    ):
        office = Office(watcher)
        other.execute("BEGIN; TRUNCATE payment")
        reconciling = thread.submit(reconciler.execute, "SELECT corrected FROM pgcache.reconcile('debts')")
        wait_for_lock(watcher, reconciler.info.backend_pid)
        other.execute("COMMIT")
        assert reconciling.result().fetchone() == (0,)
        assert {status for (status,) in watcher.execute("SELECT status FROM pgcache.drift")} == {"superseded"}
        assert office.dirty() == [1, 2, 9]
        office.refresh()
        office.exact()

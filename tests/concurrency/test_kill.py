"""kill -9 of a backend in the middle of its work: what it had committed stays, and the next run does the rest.

The server ends all other sessions then and recovers, so these tests have one of their own.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pgcache import config, migrate, reconcile, resources
from pgcache.embedded import EmbeddedServer
from pgcache.refresh import Progress
from tests.oracle.compare import assert_exact
from tests.support import wait_for_lock, wait_until

CACHES = ("account_balance", "budget_consumption")
ACCOUNTS, BATCH = 30, 7

Connection = psycopg.Connection[tuple[Any, ...]]

_numbers = count()


@pytest.fixture(scope="module")
def mortal_server() -> Iterator[EmbeddedServer]:
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 1 << 30
    with EmbeddedServer(settings={"fsync": "off"}, temporary_in=memory if roomy else None) as server:
        yield server


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "BATCH", BATCH)


@pytest.fixture
def dsn(mortal_server: EmbeddedServer) -> str:
    """A database with the tables of the finance preset, and an income of 5 for each of some accounts."""
    name = f"mortal_{next(_numbers)}"
    with connected(mortal_server.dsn()) as conn:
        conn.execute(f"CREATE DATABASE {name}".encode())
    with connected(mortal_server.dsn(name)) as conn:
        conn.execute(resources.sql("presets", "finance", "tables.sql").encode())
        conn.execute("INSERT INTO account (name) SELECT 'Account ' || n FROM generate_series(1, %s) AS n", [ACCOUNTS])
        write(conn)
    return mortal_server.dsn(name)


@contextmanager
def connected(dsn: str) -> Iterator[Connection]:
    """A connection, as soon as the server has recovered; it may be lost."""
    found: list[Connection] = []

    def connects() -> bool:
        try:
            found.append(psycopg.connect(dsn, autocommit=True))
        except psycopg.OperationalError:
            return False
        return True

    wait_until(connects, "the server to recover")
    with closing(found[0]) as conn:
        yield conn


def write(conn: Connection) -> None:
    conn.execute("INSERT INTO transaction (account_id, flow_type, amount) SELECT id, 'income', 5 FROM account")


def install(conn: Connection, progress: Progress | None = None) -> bool:
    """Migrate; False where there was nothing to do."""
    declaration = config.loads(resources.sql("presets", "finance", "pgcache.toml"), "pgcache.toml")
    return not migrate.migrate(conn, declaration, progress=progress).empty


def kill(conn: Connection) -> None:
    """Kill the backend of a connection, and wait until the server has ended the others for it."""
    with connected(conn.info.dsn) as witness:

        def gone() -> bool:
            try:
                witness.execute("SELECT")
            except psycopg.OperationalError:
                return True
            return False

        os.kill(conn.info.backend_pid, signal.SIGKILL)
        wait_until(gone, "the server to end its sessions")


def wrong_balances(conn: Connection) -> int:
    row = conn.execute(
        """SELECT count(*) FROM account WHERE cached_balance <> (
               SELECT sum(amount) FROM transaction WHERE account_id = account.id)"""
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_in_a_reconcile_between_its_transactions(dsn: str) -> None:
    with connected(dsn) as conn:
        install(conn)
        conn.execute("SET session_replication_role = replica; UPDATE account SET cached_balance = 0")
        conn.execute("RESET session_replication_role")
        with pytest.raises(psycopg.OperationalError):
            reconcile.reconcile(conn, CACHES, progress=lambda *_: kill(conn))
    with connected(dsn) as conn:
        assert wrong_balances(conn) == ACCOUNTS - BATCH
        write(conn)
        assert [result.corrected for result in reconcile.reconcile(conn, CACHES).caches] == [ACCOUNTS - BATCH, 0]
        assert_exact(conn, *CACHES)
        open_runs = conn.execute("SELECT position FROM pgcache.run WHERE finished_at IS NULL").fetchall()
        assert open_runs == [(BATCH,)]


def test_in_a_reconcile_within_a_transaction(dsn: str) -> None:
    with connected(dsn) as holder, connected(dsn) as observer, connected(dsn) as conn, ThreadPoolExecutor(1) as thread:
        install(conn)
        conn.execute("SET session_replication_role = replica; UPDATE account SET cached_balance = 0")
        conn.execute("RESET session_replication_role")
        holder.execute("BEGIN; SELECT FROM account ORDER BY id OFFSET 3 LIMIT 1 FOR UPDATE")
        reconciling = thread.submit(reconcile.reconcile, conn, CACHES)
        wait_for_lock(observer, conn.info.backend_pid)
        kill(conn)
        with pytest.raises(psycopg.OperationalError):
            reconciling.result()
    with connected(dsn) as conn:
        assert wrong_balances(conn) == ACCOUNTS
        reconcile.reconcile(conn, CACHES)
        assert_exact(conn, *CACHES)


def test_in_the_backfill_of_a_migrate(dsn: str) -> None:
    with connected(dsn) as conn, pytest.raises(psycopg.OperationalError):
        install(conn, progress=lambda *_: kill(conn))
    with connected(dsn) as conn:
        assert wrong_balances(conn) == ACCOUNTS - BATCH
        write(conn)
        assert install(conn)
        assert_exact(conn, *CACHES)
        assert not install(conn)


def test_in_a_migrate_that_waits_for_writers(dsn: str) -> None:
    with connected(dsn) as writer, connected(dsn) as observer, connected(dsn) as conn, ThreadPoolExecutor(1) as thread:
        writer.execute("BEGIN")
        write(writer)
        migrating = thread.submit(install, conn)
        wait_for_lock(observer, conn.info.backend_pid)
        kill(conn)
        with pytest.raises(psycopg.OperationalError):
            migrating.result()
    with connected(dsn) as conn:
        assert install(conn)
        assert_exact(conn, *CACHES)
        assert not install(conn)


def test_in_a_writer(dsn: str) -> None:
    """Its row and its part of the balance go together."""
    with connected(dsn) as conn:
        install(conn)
        conn.execute("BEGIN")
        write(conn)
        kill(conn)
        with pytest.raises(psycopg.OperationalError):
            conn.execute("COMMIT")
    with connected(dsn) as conn:
        assert wrong_balances(conn) == 0
        assert_exact(conn, *CACHES)

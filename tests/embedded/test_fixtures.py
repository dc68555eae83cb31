"""The fixtures that all tests stand on."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest

from tests.conftest import Clone
from tests.support import wait_for_lock


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    return [name for (name,) in rows]


@pytest.mark.parametrize("run", [1, 2])
def test_each_test_has_an_empty_database(conn: psycopg.Connection[Any], run: int) -> None:
    assert _tables(conn) == []
    conn.execute("CREATE TABLE left_over ()")


_built: list[str] = []


def _build(dsn: str) -> None:
    _built.append(dsn)
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE from_template ()")


@pytest.mark.parametrize("run", [1, 2])
def test_clones_come_from_a_template_that_is_built_once(clone: Clone, run: int) -> None:
    for _ in range(2):
        with psycopg.connect(clone("fixtures", _build)) as connection:
            assert _tables(connection) == ["from_template"]
            connection.execute("DROP TABLE from_template")
    assert len(_built) == 1


@pytest.mark.parametrize("lock", ["SELECT pg_advisory_xact_lock(1)", "LOCK TABLE t"])
def test_wait_for_lock_sees_a_waiting_backend(dsn: str, conn: psycopg.Connection[Any], lock: str) -> None:
    conn.execute("CREATE TABLE t ()")
    with psycopg.connect(dsn) as holder, psycopg.connect(dsn) as waiter:
        holder.execute(lock)
        thread = threading.Thread(target=waiter.execute, args=(lock,))
        thread.start()
        wait_for_lock(conn, waiter.info.backend_pid)
        holder.commit()
        thread.join()

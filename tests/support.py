"""Helpers for tests of what happens between processes, and beside the server's."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from pgcache.embedded.programs import find

DEADLINE_SECONDS = 30.0


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that must happen, and fail the test where it has not within the deadline.

    Parameters
    ----------
    condition:
        Whether it has happened; asked again and again.
    what:
        What is waited for, to say in the failure.
    """
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {DEADLINE_SECONDS:g} s in vain for {what}")
        time.sleep(0.005)


def wait_for_lock(observer: psycopg.Connection[Any], pid: int) -> None:
    """Wait until a backend waits for a lock: of a row, a table, a transaction, or an advisory one.

    Parameters
    ----------
    observer:
        Another connection, in autocommit mode: within a transaction pg_stat_activity does not move.
    pid:
        The process id of the backend: `connection.info.backend_pid`.
    """
    assert observer.autocommit
    wait_until(
        lambda: (
            observer.execute(
                "SELECT FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'", (pid,)
            ).rowcount
            == 1
        ),
        f"backend {pid} to wait for a lock",
    )


def client(name: str, *, as_new: bool = False) -> Path:
    """A client program of PostgreSQL: the server's own, else the system's; skips the test where there is none.

    Parameters
    ----------
    name:
        Such as psql.
    as_new:
        Whether it must not be older than the server.
    """
    server = find()
    beside = server.bindir / name
    if beside.exists():
        return beside
    on_path = shutil.which(name)
    if on_path is None:
        pytest.skip(f"there is no {name}")
    words = subprocess.run([on_path, "--version"], capture_output=True, text=True, check=True).stdout.split()
    if as_new and int(words[2].partition(".")[0]) < server.major:
        pytest.skip(f"{name} is older than the server")
    return Path(on_path)


def plain_dsn(conn: psycopg.Connection[Any]) -> str:
    """Where a connection leads, for another libpq than psycopg's, which may not know all of its parameters."""
    known = ("host", "hostaddr", "port", "user", "dbname")
    return make_conninfo("", **{name: value for name, value in conn.info.get_parameters().items() if name in known})

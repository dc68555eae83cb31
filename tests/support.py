"""Helpers for tests that pin what happens between processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

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

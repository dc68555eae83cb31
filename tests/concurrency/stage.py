"""Several sessions on one household, stepped by hand: a step that must wait is seen to wait before the next one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.integration.finance.household import Household
from tests.support import wait_until

READ_COMMITTED = "READ COMMITTED"
FROZEN_LEVELS = ("REPEATABLE READ", "SERIALIZABLE")
"""Those whose transactions see nothing that was committed after their snapshot."""
LEVELS = (READ_COMMITTED, *FROZEN_LEVELS)

# How a writer ends beside somebody with an older snapshot: its level, and whether the other waits for it.
ENDINGS = tuple((level, waiting) for level in LEVELS for waiting in (True, False))

SPEND = """INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
    VALUES (%(account)s, %(category)s, 'outcome', %(amount)s, %(date)s)"""

# The same in two rows, since a statement of one takes a path of its own.
SPEND_IN_TWO = """INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
    SELECT %(account)s, %(category)s, 'outcome', %(amount)s / 2.0, %(date)s FROM generate_series(1, 2)"""

one_or_two = pytest.mark.parametrize("spend", [SPEND, SPEND_IN_TWO], ids=["one row", "two rows"])

Rows = list[tuple[Any, ...]]


class Session:
    """A client of its own, in autocommit mode; the household's names are parameters of its statements."""

    def __init__(self, dsn: str, home: Household) -> None:
        self.home = home
        self.conn = psycopg.connect(dsn, autocommit=True, options="-c lock_timeout=20s")
        self.pid = self.conn.info.backend_pid
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._started: Future[Any] | None = None

    def begin(self, level: str = READ_COMMITTED) -> None:
        """Begin a transaction and take its snapshot, which from REPEATABLE READ on is its only one."""
        self.conn.execute(f"BEGIN ISOLATION LEVEL {level}".encode())
        self.conn.execute("SELECT FROM category")

    def commit(self) -> None:
        self.conn.execute("COMMIT")

    def rollback(self) -> None:
        self.conn.execute("ROLLBACK")

    def run(self, query: str, **params: object) -> Rows:
        """Execute a statement to its end."""
        cursor = self.conn.execute(query, {**self.home.ids, **params})
        return cursor.fetchall() if cursor.description else []

    def start(self, query: str, **params: object) -> None:
        """Execute a statement in the background."""
        self.start_call(lambda _: self.run(query, **params))

    def start_call(self, function: Callable[[psycopg.Connection[Any]], Any]) -> None:
        """Call a function with the session's connection in the background."""
        assert self._started is None
        self._started = self._thread.submit(function, self.conn)

    def waits_for(self, other: Session) -> None:
        """Wait until what was started is blocked by another session: by its lock, or by its turn to get one."""
        assert self._started is not None
        started = self._started

        def blocked() -> bool:
            if started.done():
                pytest.fail(f"it did not wait: {started.exception() or 'it succeeded'}")
            return bool(
                self.home.value("SELECT %(other)s = ANY (pg_blocking_pids(%(pid)s))", other=other.pid, pid=self.pid)
            )

        wait_until(blocked, f"backend {self.pid} to wait for backend {other.pid}")

    def finish(self) -> Any:
        """Give the result of what was started, or raise its error."""
        assert self._started is not None
        started, self._started = self._started, None
        return started.result(timeout=60)

    def close(self) -> None:
        self.home.run("SELECT pg_terminate_backend(%(pid)s)", pid=self.pid)
        self._thread.shutdown()
        self.conn.close()


class Stage:
    """A household, whose own connection watches, and the sessions on it."""

    def __init__(self, dsn: str, home: Household) -> None:
        self.dsn = dsn
        self.home = home
        self.ids = home.ids
        self._sessions: list[Session] = []

    def session(self) -> Session:
        self._sessions.append(Session(self.dsn, self.home))
        return self._sessions[-1]

    def sessions(self, count: int) -> list[Session]:
        return [self.session() for _ in range(count)]

    def close(self) -> None:
        for session in self._sessions:
            session.close()

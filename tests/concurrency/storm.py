"""Random clients of one database at every isolation level, and a checker that reads the oracle all the while.

What each client does depends on the seed alone; how the clients interleave is up to the server.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from random import Random
from types import MappingProxyType
from typing import Any

import psycopg

from pgcache import reconcile
from pgcache.errors import PgcacheError
from tests.concurrency.operations import Operation
from tests.concurrency.stage import LEVELS, READ_COMMITTED
from tests.concurrency.world import FINANCE, Place, wrong
from tests.oracle.compare import assert_exact

CLIENTS = 6

Job = Callable[[psycopg.Connection[Any]], object]

# A deadlock is to be found soon; nothing may hang, such as those who wait for an oracle that is compiled for seconds.
_OPTIONS = "-c deadlock_timeout=50ms -c lock_timeout=30s -c jit=off"

_SERIALIZATION, _DEADLOCK = "40001", "40P01"
_MISSING = ("23503", "23505", "PC003")
"""What follows from another's deleting and making the same row."""


class Lost(Exception):  # noqa: N818 - not the client's fault
    """The server has gone away."""


def _lost(error: psycopg.Error) -> bool:
    """Whether the server has gone away, or is about to: it says so itself (57P0x), or says no more."""
    return isinstance(error, psycopg.OperationalError) and (error.sqlstate or "57P").startswith("57P")


class Storm:
    """Clients of one database.

    Parameters
    ----------
    dsn:
        A database that is migrated and populated.
    seed:
        Decides what the clients do.
    operations:
        What they do, one after the other in random order.
    together:
        Whether a transaction is of up to three operations, or of one alone. Alone, nothing may fail but with 40001;
        together there may be deadlocks, and rows that another transaction has deleted.
    place:
        The caches that are looked at; by default those of the preset finance.
    jobs:
        What is done beside the clients again and again, each in a session of its own.
    """

    mortal = False
    """Whether the server may go away under them."""

    def __init__(
        self,
        dsn: str,
        seed: int,
        operations: tuple[Operation, ...],
        *,
        together: bool = False,
        place: Place = FINANCE,
        jobs: Mapping[str, Job] = MappingProxyType({}),
    ) -> None:
        self.dsn = dsn
        self.place = place
        self.seed = seed
        self.operations = operations
        self.together = together
        self.allowed = {_SERIALIZATION, _DEADLOCK, *_MISSING} if together else {_SERIALIZATION}
        self.jobs = {"reconcile": self._reconcile, **jobs}
        self.done: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.transactions = 0
        self.checks = 0
        self._over = threading.Event()

    def rage(self, rounds: int) -> None:
        """Let every client do each operation some times, with a checker, a repairer and the other jobs beside them.

        Raises
        ------
        AssertionError
            A key was wrong, at any time or at the end, or an operation failed that must not.
        """
        jobs = (partial(self._repeat, name) for name in self.jobs)
        with self._running(self._check, *jobs), ThreadPoolExecutor(CLIENTS) as pool:
            clients = [pool.submit(self._client, number, rounds) for number in range(CLIENTS)]
            for client in clients:
                client.result()
        with self._connection() as conn:
            self._reconcile(conn)
            assert_exact(conn, *self.place.caches, *self.place.more)
            stale = [f"SELECT FROM pgcache.{cache} WHERE dirty" for cache in self.place.deferred]
            assert [conn.execute(query.encode()).rowcount for query in stale] == [0] * len(stale)

    def assert_nothing_false_was_told(self) -> None:
        """Fail where a reconcile has told drift of a key that nothing corrupted.

        Not for storms with a TRUNCATE, whose rows are gone from older snapshots too, or with mappers that mark keys.
        """
        keys = [str(key) for key in self.place.damaged]
        with self._connection() as conn:
            found = conn.execute(
                """SELECT cache, key, cached, computed, status FROM pgcache.drift
                   WHERE NOT EXISTS (SELECT FROM jsonb_each_text(key) AS part WHERE part.value = ANY (%s))""",
                [keys],
            ).fetchall()
        assert not found, f"seed {self.seed}: told of drift where there is none: {found}"

    @contextmanager
    def blowing(self) -> Iterator[None]:
        """Have clients for as long as the caller works, without a checker."""
        with self._running(*(partial(self._client, number) for number in range(CLIENTS))):
            yield

    @contextmanager
    def _running(self, *functions: Callable[[], None]) -> Iterator[None]:
        with ThreadPoolExecutor(len(functions)) as pool:
            futures = [pool.submit(function) for function in functions]
            try:
                yield
            finally:
                self._over.set()
        for future in futures:
            future.result()

    def _client(self, number: int, rounds: int | None = None) -> None:
        random = Random(f"{self.seed} {number}")
        done = 0
        with self._connection() as conn:
            while rounds is None or done < rounds:
                for operation in random.sample(self.operations, len(self.operations)):
                    if self._over.is_set():
                        return
                    self._transaction(conn, random, operation)
                done += 1

    def _transaction(self, conn: psycopg.Connection[Any], random: Random, first: Operation) -> None:
        operations = [first, *random.choices(self.operations, k=random.randrange(3) if self.together else 0)]
        level = random.choice(LEVELS)
        if any(level not in operation.levels for operation in operations):
            level = READ_COMMITTED
        ending = random.choice(["COMMIT"] * 9 + ["ROLLBACK"])
        statements = [statement for operation in operations for statement in operation.make(random)]
        self.transactions += 1
        with self._tolerant(f"{' + '.join(operation.name for operation in operations)} at {level}"):
            try:
                conn.execute(f"BEGIN ISOLATION LEVEL {level}".encode())
                for query, params in statements:
                    conn.execute(query, params)
                conn.execute(ending.encode())
            except psycopg.Error:
                conn.execute("ROLLBACK")
                raise
            if ending == "COMMIT":
                self.done.update(operation.name for operation in operations)

    def _check(self) -> None:
        with self._connection() as conn:
            while not self._over.is_set():
                with self._tolerant("the checker"):
                    found = wrong(conn, place=self.place)
                    if found:
                        self._over.set()
                        raise AssertionError(f"seed {self.seed}, after {self.done.total()} operations: {found}")
                    self.checks += 1

    def _repeat(self, name: str) -> None:
        with self._connection() as conn:
            while not self._over.is_set():
                with self._tolerant(name):
                    self.jobs[name](conn)
                    self.done[name] += 1

    def _reconcile(self, conn: psycopg.Connection[Any]) -> None:
        reconcile.reconcile(conn, self.place.caches, scan=reconcile.WAITING)

    @contextmanager
    def _tolerant(self, what: str) -> Iterator[None]:
        """Let pass what is allowed to fail; any other failure ends the storm."""
        try:
            yield
        except (psycopg.Error, PgcacheError) as error:
            # A command tells what the server said in its own words; a migrate that deadlocks ten times gives up.
            cause = error if isinstance(error, psycopg.Error) else error.__cause__
            if isinstance(cause, psycopg.Error):
                if cause.sqlstate in self.allowed:
                    self.errors[cause.sqlstate] += 1
                    return
                if self.mortal and _lost(cause):
                    raise Lost from error
            self._over.set()
            raise AssertionError(f"seed {self.seed}: {what}: {error}") from error

    def _connection(self) -> psycopg.Connection[Any]:
        settings = "".join(f" -c {name}={value}" for name, value in self.place.settings.items())
        return psycopg.connect(self.dsn, autocommit=True, options=_OPTIONS + settings)

"""Refreshes of a deferred cache beside writers and beside each other, stepped by hand, and beside many at random."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from psycopg import errors

from tests.conftest import Clone
from tests.integration.deferred.office import Office, build
from tests.support import wait_until

PAY = "INSERT INTO payment (customer_id, amount) VALUES (2, 5)"
REFRESH = "SELECT pgcache.refresh('debts')"

Connection = psycopg.Connection[Any]


class Town:
    """The office, watched by a connection of its own, and as many sessions as a test asks for."""

    def __init__(self, dsn: str, watcher: Connection) -> None:
        self.office = Office(watcher)
        self._dsn = dsn
        self._stack = ExitStack()
        self._threads = ThreadPoolExecutor()

    def session(self) -> Connection:
        conn = psycopg.connect(self._dsn, autocommit=True, options="-c lock_timeout=20s -c pgcache.today=2025-06-15")
        return self._stack.enter_context(conn)

    def start(self, conn: Connection, statement: str) -> Future[Any]:
        """Execute a statement in the background."""
        return self._threads.submit(lambda: conn.execute(statement.encode()).rowcount)

    def call(self, function: Callable[[], None]) -> Future[None]:
        return self._threads.submit(function)

    def waits(self, started: Future[Any], conn: Connection, other: Connection) -> None:
        """Wait until what was started on a session is blocked by another one."""
        pids = (other.info.backend_pid, conn.info.backend_pid)

        def blocked() -> bool:
            assert not started.done(), f"it did not wait: {started.exception()}"
            return self.office.conn.execute("SELECT %s = ANY (pg_blocking_pids(%s))", pids).fetchone() == (True,)

        wait_until(blocked, "a session to wait for another")

    def hold(self, customer: int = 2) -> Connection:
        """A session that keeps a refresh from storing what it has computed for a customer and those after."""
        gate = self.session()
        gate.execute("BEGIN")
        gate.execute("SELECT FROM debt WHERE customer_id = %s FOR UPDATE", (customer,))
        return gate

    def close(self) -> None:
        self._stack.close()
        self._threads.shutdown()


@pytest.fixture
def town(clone: Clone) -> Iterator[Town]:
    dsn = clone("office", build)
    with psycopg.connect(dsn, autocommit=True) as watcher:
        town = Town(dsn, watcher)
        try:
            yield town
        finally:
            town.close()


def test_a_writer_that_commits_during_a_refresh_stays_marked_and_never_waits(town: Town) -> None:
    town.office.run(PAY)
    gate, refresher, writer = town.hold(), town.session(), town.session()
    refreshing = town.start(refresher, REFRESH)
    town.waits(refreshing, refresher, gate)
    writer.execute("SET lock_timeout = '1ms'")
    writer.execute(PAY)
    gate.execute("COMMIT")
    refreshing.result()
    assert town.office.owed()[2] == 2
    assert town.office.dirty() == [2]
    town.office.refresh()
    assert town.office.owed()[2] == -3
    town.office.exact()


def test_a_second_refresh_waits_so_that_older_figures_never_come_after_newer_ones(town: Town) -> None:
    """The first has computed 1 and 2, and waits to store 1; the second has newer figures of 2 alone."""
    town.office.run("INSERT INTO payment (customer_id, amount) VALUES (1, 5), (2, 5)")
    gate, first, second = town.hold(1), town.session(), town.session()
    started = town.start(first, REFRESH)
    town.waits(started, first, gate)
    town.office.run(PAY)
    later = town.start(second, REFRESH)
    town.waits(later, second, first)
    gate.execute("COMMIT")
    started.result()
    later.result()
    assert town.office.dirty() == []
    town.office.exact()


def test_a_session_s_own_key_waits_for_the_refresh_too(town: Town) -> None:
    town.office.run("INSERT INTO payment (customer_id, amount) VALUES (1, 5), (2, 5)")
    gate, refresher, clerk = town.hold(1), town.session(), town.session()
    refreshing = town.start(refresher, REFRESH)
    town.waits(refreshing, refresher, gate)
    clerk.execute(PAY)
    mine = town.start(clerk, "SELECT recompute_debt(2)")
    town.waits(mine, clerk, refresher)
    gate.execute("COMMIT")
    refreshing.result()
    mine.result()
    town.office.exact()


def test_a_correction_waits_for_the_refresh_too(town: Town) -> None:
    """It consumes no mark that it could wait for; the refresh would store its older figures of 2 after it."""
    town.office.run("INSERT INTO payment (customer_id, amount) VALUES (1, 5), (2, 5)")
    gate, refresher, other = town.hold(1), town.session(), town.session()
    refreshing = town.start(refresher, REFRESH)
    town.waits(refreshing, refresher, gate)
    correcting = town.start(other, """SELECT pgcache.debts_correct('{"customer_id": "2"}', NULL, NULL)""")
    town.waits(correcting, other, refresher)
    gate.execute("COMMIT")
    refreshing.result()
    correcting.result()
    town.office.exact()


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO line (invoice_id, amount) VALUES (3, 1)",
        "UPDATE line SET amount = 70 WHERE invoice_id = 3",
        "UPDATE line SET invoice_id = 1 WHERE invoice_id = 3",
        "DELETE FROM line WHERE invoice_id = 3",
    ],
)
@pytest.mark.parametrize("line_first", [True, False])
def test_a_line_that_is_written_while_its_invoice_moves(town: Town, change: str, line_first: bool) -> None:
    """Neither sees the other; a refresh may come between the two commits."""
    writer, mover = town.session(), town.session()
    for conn, statement in ((writer, change), (mover, "UPDATE invoice SET customer_id = 9 WHERE id = 3")):
        conn.execute("BEGIN")
        conn.execute(statement.encode())
    for conn in (writer, mover) if line_first else (mover, writer):
        conn.execute("COMMIT")
        town.office.refresh()
        town.office.exact()
    assert town.office.dirty() == []


def test_a_refresh_that_is_ended_leaves_its_marks(town: Town) -> None:
    town.office.run(PAY)
    gate, refresher = town.hold(), town.session()
    refreshing = town.start(refresher, REFRESH)
    town.waits(refreshing, refresher, gate)
    town.office.conn.execute("SELECT pg_terminate_backend(%s)", (refresher.info.backend_pid,))
    assert isinstance(refreshing.exception(), errors.AdminShutdown)
    gate.execute("COMMIT")
    assert town.office.dirty() == [2]
    town.office.refresh()
    town.office.exact()


def test_a_truncate_during_a_refresh_marks_everything(town: Town) -> None:
    town.office.run(PAY)
    gate, refresher, other = town.hold(), town.session(), town.session()
    refreshing = town.start(refresher, REFRESH)
    town.waits(refreshing, refresher, gate)
    truncating = town.start(other, "TRUNCATE payment")
    town.waits(truncating, other, refresher)
    gate.execute("COMMIT")
    refreshing.result()
    truncating.result()
    assert town.office.dirty() == [1, 2, 9]
    town.office.refresh()
    town.office.exact()


def test_drift_is_not_told_of_a_key_that_is_being_refreshed(town: Town) -> None:
    town.office.run(PAY)
    gate, refresher = town.hold(), town.session()
    refreshing = town.start(refresher, REFRESH)
    town.waits(refreshing, refresher, gate)
    assert town.office.run("SELECT * FROM pgcache.compare('debts')") == []
    gate.execute("COMMIT")
    refreshing.result()
    assert town.office.run("SELECT * FROM pgcache.compare('debts')") == []


_WRITES = (
    "INSERT INTO payment (customer_id, amount) VALUES ({c}, {n})",
    "UPDATE payment SET customer_id = {c} WHERE id = {n}",
    "DELETE FROM payment WHERE id = {n}",
    "INSERT INTO line (invoice_id, amount) VALUES ({i}, {n})",
    "UPDATE line SET invoice_id = {i} WHERE id = {n}",
    "DELETE FROM line WHERE id = {n}",
    "UPDATE invoice SET customer_id = {c} WHERE id = {i}",
    "UPDATE invoice SET void = NOT void WHERE id = {i}",
)


def test_many_writers_two_refreshers_and_one_who_looks_for_drift(town: Town) -> None:
    """Whenever it is looked at, no key is wrong that nothing marks; in the end none is wrong."""
    levels = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")

    def write(seed: int) -> None:
        chance = random.Random(seed)
        conn = town.session()
        for _ in range(40):
            try:
                with conn.transaction():
                    conn.execute(f"SET TRANSACTION ISOLATION LEVEL {chance.choice(levels)}".encode())
                    for _ in range(chance.randint(1, 3)):
                        values = {
                            "c": chance.choice([1, 2, 9, 10]),
                            "i": chance.randint(1, 3),
                            "n": chance.randint(1, 60),
                        }
                        conn.execute(chance.choice(_WRITES).format(**values).encode())
            except (errors.SerializationFailure, errors.DeadlockDetected):
                pass

    def refresh() -> None:
        conn = town.session()
        while not all(writer.done() for writer in writers):
            conn.execute(REFRESH.encode())

    writers = [town.call(lambda seed=seed: write(seed)) for seed in range(4)]  # type: ignore[misc]
    refreshers = [town.call(refresh) for _ in range(2)]
    looks = 0
    while not all(task.done() for task in writers):
        assert town.office.run("SELECT * FROM pgcache.compare('debts')") == []
        looks += 1
    for task in [*writers, *refreshers]:
        task.result()
    town.office.refresh()
    assert town.office.dirty() == []
    town.office.exact()
    assert looks > 0

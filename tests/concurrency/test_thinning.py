"""Writers that thin out the marks of a key, beside a refresh and beside each other, stepped by hand.

A writer thins now and then, by chance. Here its transaction does so when it is told to.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.concurrency.test_deferred import PAY, REFRESH, Connection, Town
from tests.conftest import Clone
from tests.integration.deferred.office import build

THIN = "SELECT pgcache.debts_thin(2, NULL)"
MARKS = "SELECT marked_at FROM pgcache.debts_dirty ORDER BY marked_at"


@pytest.fixture
def town(clone: Clone) -> Iterator[Town]:
    dsn = clone("office", build)
    with psycopg.connect(dsn, autocommit=True, options="-c lock_timeout=5s") as watcher:
        town = Town(dsn, watcher)
        try:
            yield town
        finally:
            town.close()


def thinning(town: Town, level: str = "READ COMMITTED") -> Connection:
    """A writer of customer 2 that waits for nobody, and has not committed."""
    conn = town.session()
    conn.execute("SET lock_timeout = '1ms'")
    conn.execute(f"BEGIN ISOLATION LEVEL {level}".encode())
    conn.execute(PAY)
    return conn


def finish(town: Town) -> None:
    """All that is committed is marked or right; then refresh."""
    assert town.office.run("SELECT * FROM pgcache.compare('debts')") == []
    town.office.refresh()
    assert (town.office.dirty(), town.office.marks()) == ([], 0)
    town.office.exact()


def test_a_mark_that_a_refresh_has_taken_is_not_the_one_that_is_kept(town: Town) -> None:
    """The refresh has read before the second payment: the mark of that must outlive the first one's."""
    town.office.run(PAY)
    gate, refresher = town.hold(), town.session()
    refreshing = town.start(refresher, REFRESH)
    town.waits(refreshing, refresher, gate)
    town.office.run(PAY)
    town.office.run(PAY)
    writer = thinning(town)
    writer.execute(THIN)
    writer.execute("COMMIT")
    gate.execute("COMMIT")
    refreshing.result()
    assert town.office.dirty() == [2]
    assert town.office.marks() == 1
    finish(town)


def test_a_refresh_leaves_what_a_writer_keeps_and_waits_for_nobody(town: Town) -> None:
    town.office.run(PAY)
    town.office.run(PAY)
    writer, refresher = thinning(town), town.session()
    writer.execute(THIN)
    refresher.execute("SET lock_timeout = '1ms'")
    assert refresher.execute(REFRESH).fetchone() == (0,)
    assert refresher.execute("SELECT recompute_debt(2) IS NOT NULL").fetchone() == (True,)
    assert town.office.dirty() == [2]
    writer.execute("COMMIT")
    assert town.office.marks() == 1
    finish(town)


def test_what_a_writer_kept_is_taken_after_its_own_change(town: Town) -> None:
    """It deletes its own mark too: the one that it keeps stands for its change, and cannot go before it commits."""
    town.office.run(PAY)
    writer = thinning(town)
    writer.execute(THIN)
    town.office.refresh()
    writer.execute("COMMIT")
    assert town.office.dirty() == [2]
    finish(town)


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_a_second_writer_thins_what_the_first_has_left(town: Town, end: str) -> None:
    for _ in range(3):
        town.office.run(PAY)
    first = thinning(town)
    first.execute(THIN)
    town.office.run(PAY)
    second = thinning(town)
    second.execute(THIN)
    first.execute(end.encode())
    second.execute("COMMIT")
    assert town.office.dirty() == [2]
    finish(town)


def test_a_savepoint_that_is_rolled_back_takes_the_thinning_with_it(town: Town) -> None:
    town.office.run(PAY)
    town.office.run(PAY)
    writer = thinning(town)
    before = writer.execute(MARKS).fetchall()
    writer.execute("SAVEPOINT s")
    writer.execute(THIN)
    assert writer.execute(MARKS).fetchall() == before[:1]
    writer.execute("ROLLBACK TO s")
    assert writer.execute(MARKS).fetchall() == before
    # The mark that it kept is free again, and its own one still stands for its change.
    town.office.refresh()
    assert town.office.marks() == 0
    writer.execute("COMMIT")
    assert town.office.dirty() == [2]
    finish(town)


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_an_old_snapshot_thins_nothing_and_fails_nobody(town: Town, level: str) -> None:
    town.office.run(PAY)
    town.office.run(PAY)
    writer = thinning(town, level)
    town.office.refresh()
    town.office.run(PAY)
    writer.execute(THIN)
    writer.execute("COMMIT")
    assert town.office.marks() == 2
    finish(town)

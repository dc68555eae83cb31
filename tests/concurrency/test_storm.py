"""Random clients beside reconcile, with the oracle all the while; and beside a migration. `make soak` has more."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from pgcache import config, migrate, resources
from pgcache.fold import fold
from pgcache.model import Mode
from tests.concurrency.operations import CASCADES, FOLDS, MAINTENANCE, WRITES
from tests.concurrency.storm import Storm
from tests.concurrency.world import CACHES, populate, wrong
from tests.integration.finance.household import migrate_finance
from tests.oracle.compare import assert_exact
from tests.support import wait_until

DECLARATION = resources.sql("presets", "finance", "pgcache.toml")


@pytest.fixture
def world(finance_dsn: str) -> str:
    with psycopg.connect(finance_dsn, autocommit=True) as conn:
        populate(conn)
    return finance_dsn


def rage(storm: Storm, rounds: int) -> None:
    storm.rage(rounds)
    assert storm.checks
    assert storm.done.keys() >= {operation.name for operation in storm.operations}


def test_operations_alone(world: str) -> None:
    """Each is a transaction of its own: none fails but with 40001, so that none deadlocks either."""
    rage(Storm(world, 1, (*WRITES, *MAINTENANCE)), rounds=12)


def test_operations_together(world: str) -> None:
    """Transactions of several operations, and operations that hold rows in another order than writers do."""
    rage(Storm(world, 1, (*WRITES, *MAINTENANCE, *CASCADES), together=True), rounds=3)


@pytest.mark.parametrize("together", [False, True], ids=["alone", "together"])
def test_operations_in_mode_nowait(nowait_dsn: str, together: bool) -> None:
    """The views are exact all the while, and the columns once everything is folded."""
    with psycopg.connect(nowait_dsn, autocommit=True) as conn:
        populate(conn)
        operations = (*WRITES, *MAINTENANCE, *FOLDS, *(CASCADES if together else ()))
        rage(Storm(nowait_dsn, 1, operations, together=together), rounds=3 if together else 12)
        for folded in fold(conn):
            assert folded.left == 0
        migrate_finance(conn)
        assert_exact(conn, *CACHES)


def rage_on(storm: Storm) -> None:
    """Wait until the clients have done something more."""
    done = storm.done.total()
    wait_until(lambda: storm.done.total() > done + 100, "the clients to go on")


def assert_exact_but_for_marks(conn: psycopg.Connection[Any]) -> None:
    """What the clients at REPEATABLE READ and above have marked is right after a refresh, and the rest already."""
    assert wrong(conn, but=[]) == []
    conn.execute("SELECT pgcache.refresh(name) FROM pgcache.cache")
    assert_exact(conn, *CACHES)


def test_installed_beside_writers(tables_dsn: str) -> None:
    """They have written balances of their own before, which the backfill makes exact."""
    with psycopg.connect(tables_dsn, autocommit=True) as conn:
        populate(conn)
        storm = Storm(tables_dsn, 1, WRITES)
        with storm.blowing():
            rage_on(storm)
            migrate.migrate(conn, config.loads(DECLARATION, "pgcache.toml"))
            rage_on(storm)
        assert_exact_but_for_marks(conn)


def test_replaced_beside_writers(world: str) -> None:
    """Another filter, and back: none of the writers fails, and none is counted by the wrong one."""
    first, second = DECLARATION.split('where = "deleted_at IS NULL"')
    changed = f'{first}where = "amount < 50"{second}'
    with psycopg.connect(world, autocommit=True) as conn:
        storm = Storm(world, 1, WRITES)
        with storm.blowing():
            for declaration in (changed, DECLARATION):
                rage_on(storm)
                migrate.migrate(conn, config.loads(declaration, "pgcache.toml"))
                rage_on(storm)
        assert_exact_but_for_marks(conn)


def test_switched_beside_writers(world: str) -> None:
    """To mode nowait, and back: exact all the while, and nothing that was pending is lost."""
    with psycopg.connect(world, autocommit=True) as conn:
        storm = Storm(world, 1, WRITES)
        with storm.blowing():
            modes: tuple[Mode, ...] = ("nowait", "immediate", "nowait", "immediate")
            for mode in modes:
                migrate_finance(conn, mode)
                rage_on(storm)
        assert_exact_but_for_marks(conn)

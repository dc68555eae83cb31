"""migrate within a caller's transaction: all of it or nothing, and the caller finds its session as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from pgcache import migrate
from pgcache.config import loads
from pgcache.errors import PgcacheError
from pgcache.plan import make_plan
from tests.integration.state import state

Connection = psycopg.Connection[Any]

TABLES = """
CREATE TABLE shelf (id integer PRIMARY KEY, total integer NOT NULL DEFAULT 0);
CREATE TABLE book (shelf_id integer REFERENCES shelf, pages integer NOT NULL);
CREATE INDEX ON book (shelf_id);
INSERT INTO shelf VALUES (1), (2);
INSERT INTO book VALUES (1, 300), (1, 200), (2, 100);
"""
SHELF = loads(
    """
version = 1
[[cache]]
name = "shelf"
target = "shelf"
key = ["id"]
  [[cache.source]]
  table = "book"
  key = ["shelf_id"]
  values = { total = "pages" }
""",
    "pgcache.toml",
)


@pytest.fixture
def shelves(conn: Connection) -> Connection:
    """The database, looked at from outside of the transaction."""
    conn.execute(TABLES)
    return conn


@pytest.fixture
def caller(dsn: str, shelves: Connection) -> Iterator[Connection]:
    """A session that has begun no transaction yet, but begins one with its first statement."""
    with psycopg.connect(dsn) as caller:
        yield caller
        caller.rollback()


def totals(conn: Connection) -> list[tuple[int, int]]:
    return conn.execute("SELECT id, total FROM shelf ORDER BY id").fetchall()


def test_it_is_exact_when_the_transaction_commits(caller: Connection, shelves: Connection) -> None:
    plan = migrate.migrate(caller, SHELF)
    assert str(plan.steps[-1]) == "backfill cache shelf"
    assert totals(shelves) == [(1, 0), (2, 0)]
    caller.commit()
    assert totals(shelves) == [(1, 500), (2, 100)]
    shelves.execute("INSERT INTO book VALUES (2, 7)")
    assert totals(shelves) == [(1, 500), (2, 107)]
    assert make_plan(shelves, SHELF).empty


def test_nothing_is_left_when_it_rolls_back(caller: Connection, shelves: Connection) -> None:
    before = state(shelves)
    migrate.migrate(caller, SHELF)
    caller.rollback()
    assert state(shelves) == before


def test_it_sees_what_the_transaction_did_before(caller: Connection, shelves: Connection) -> None:
    caller.execute("ALTER TABLE shelf RENAME TO rack; ALTER TABLE rack RENAME TO shelf")
    caller.execute("INSERT INTO book VALUES (2, 1)")
    migrate.migrate(caller, SHELF)
    caller.commit()
    assert totals(shelves) == [(1, 500), (2, 101)]


def test_the_session_is_as_it_was(caller: Connection) -> None:
    settings = {"lock_timeout": "7s", "client_encoding": "LATIN1", "search_path": "public"}
    for name, value in settings.items():
        caller.execute(f"SET {name} = '{value}'".encode())
    migrate.migrate(caller, SHELF)
    for name, value in settings.items():
        assert caller.execute(f"SHOW {name}".encode()).fetchone() == (value,)


def test_a_backfill_may_be_left_for_later(caller: Connection, shelves: Connection) -> None:
    migrate.migrate(caller, SHELF, fill=False)
    caller.commit()
    assert totals(shelves) == [(1, 0), (2, 0)]
    assert [str(step) for step in make_plan(shelves, SHELF).steps] == ["backfill cache shelf"]
    shelves.execute("INSERT INTO book VALUES (2, 7)")
    migrate.migrate(shelves, SHELF)
    assert totals(shelves) == [(1, 500), (2, 107)]


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_frozen_snapshot_is_refused(caller: Connection, shelves: Connection, level: str) -> None:
    caller.execute(f"SET TRANSACTION ISOLATION LEVEL {level}".encode())
    with pytest.raises(PgcacheError, match="begin it at READ COMMITTED"):
        migrate.migrate(caller, SHELF)
    caller.commit()
    assert not [name for _, name in state(shelves) if "pgcache" in name]


def test_a_refused_lock_leaves_the_transaction_usable(
    caller: Connection, shelves: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "10ms")
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0)
    with shelves.transaction():
        shelves.execute("INSERT INTO book VALUES (1, 1)")
        with pytest.raises(PgcacheError, match="no lock was granted in 10 attempts"):
            migrate.migrate(caller, SHELF)
    assert caller.execute("SELECT to_regnamespace('pgcache')").fetchone() == (None,)
    migrate.migrate(caller, SHELF)
    caller.commit()
    assert totals(shelves) == [(1, 501), (2, 100)]


def test_others_wait_until_the_transaction_ends(
    caller: Connection, shelves: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "10ms")
    migrate.migrate(caller, SHELF)
    with pytest.raises(PgcacheError, match="another pgcache migrate is running"):
        migrate.migrate(shelves, SHELF)
    caller.commit()
    assert migrate.migrate(shelves, SHELF).empty


def test_uninstall_within_a_transaction(caller: Connection, shelves: Connection) -> None:
    before = state(shelves)
    migrate.migrate(caller, SHELF)
    caller.execute("UPDATE shelf SET total = 0")
    migrate.uninstall(caller)
    caller.execute("UPDATE shelf SET total = 0")
    caller.commit()
    assert state(shelves) == before

"""How much write-ahead log a cache adds: it is what a replica, a backup and the disk have to take."""

from __future__ import annotations

import pytest
from psycopg import sql

from tests.cost.counting import Connection, wal_bytes
from tests.cost.test_lookups import EVENTS, INTO

MANY = f"{INTO} SELECT numbered(7), 'income', 5 FROM generate_series(1, 200)"


def added_by_triggers(conn: Connection, table: str, statement: str) -> int:
    """The bytes of a statement that are the triggers' doing."""
    with_triggers = wal_bytes(conn, statement)
    with conn.transaction(force_rollback=True):
        conn.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
        return with_triggers - wal_bytes(conn, statement)


@pytest.mark.parametrize(
    ("event", "table", "targets"), [("insert", "transaction", 2), ("sale", "sales", 1), ("payment", "payments", 2)]
)
def test_a_row_adds_one_short_record_for_each_of_its_targets(
    large: Connection, event: str, table: str, targets: int
) -> None:
    """A target row is updated in its page, without its indexes; the record holds what changed."""
    added = added_by_triggers(large, table, EVENTS[event])
    assert 0 < added <= 150 * targets


def test_a_change_of_an_unread_column_adds_nothing(large: Connection) -> None:
    assert added_by_triggers(large, "transaction", EVENTS["unread column"]) == 0


def test_many_rows_of_one_account_add_next_to_nothing(large: Connection) -> None:
    assert added_by_triggers(large, "transaction", MANY) < 5 * 200

"""Partitioned and inherited sources, however they are written to; statement and row triggers alike."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from pgcache.config import loads
from pgcache.migrate import migrate
from pgcache.model import Declaration
from pgcache.plan import make_plan
from tests.conftest import Clone

TABLES = """
CREATE TABLE account (id integer PRIMARY KEY, balance numeric(12,2) NOT NULL DEFAULT 0, owners text);
CREATE TABLE entry (id serial, account integer, day date NOT NULL, amount numeric(12,2), label integer)
    PARTITION BY RANGE (day);
CREATE TABLE entry_2023 PARTITION OF entry FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE entry_2024 (amount numeric(12,2), day date NOT NULL, label integer, account integer, id serial);
ALTER TABLE entry ATTACH PARTITION entry_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE entry_later PARTITION OF entry FOR VALUES FROM ('2025-01-01') TO ('2030-01-01') PARTITION BY RANGE (day);
CREATE TABLE entry_2025 PARTITION OF entry_later FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO account SELECT g FROM generate_series(1, 3) AS g;
"""

DECLARATION = """
version = 1
[[cache]]
name = "balance"
target = "account"
key = ["id"]
triggers = "{triggers}"
  [[cache.source]]
  table = "entry"
  key = ["account"]
  values = {{ balance = "amount" }}
"""


def declaration(triggers: str) -> Declaration:
    return loads(DECLARATION.format(triggers=triggers), "pgcache.toml")


@pytest.fixture(params=["statement", "row"])
def triggers(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def dsn(clone: Clone, triggers: str) -> str:
    def build(dsn: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as conn:
            conn.execute(TABLES)
            migrate(conn, declaration(triggers))

    return clone(f"partitions, {triggers} triggers", build)


def balances(conn: psycopg.Connection[Any]) -> list[Decimal]:
    return [row[0] for row in conn.execute("SELECT balance FROM account ORDER BY id")]


def test_through_the_parent_and_into_a_leaf(conn: psycopg.Connection[Any]) -> None:
    conn.execute(
        "INSERT INTO entry (account, day, amount)"
        " VALUES (1, '2023-05-01', 1), (1, '2024-05-01', 2), (2, '2025-05-01', 4)"
    )
    conn.execute("INSERT INTO entry_2024 (account, day, amount) VALUES (1, '2024-06-01', 8)")
    conn.execute("INSERT INTO entry_later (account, day, amount) VALUES (3, '2025-06-01', 16)")
    with conn.cursor().copy("COPY entry_2025 (account, day, amount) FROM STDIN") as copy:
        copy.write("3\t2025-07-01\t32\n")
    assert balances(conn) == [11, 4, 48]
    conn.execute("UPDATE entry SET amount = amount * 10 WHERE account = 1")
    conn.execute("UPDATE entry_2025 SET account = 1 WHERE account = 3")
    conn.execute("DELETE FROM entry_2025 WHERE account = 2")
    assert balances(conn) == [158, 0, 0]


def test_a_row_that_moves_between_partitions_counts_once(conn: psycopg.Connection[Any]) -> None:
    conn.execute("INSERT INTO entry (account, day, amount) VALUES (1, '2023-05-01', 1), (2, '2024-05-01', 2)")
    conn.execute("UPDATE entry SET day = '2025-02-01', account = 3, amount = amount + 5")
    assert balances(conn) == [0, 0, 13]
    conn.execute("UPDATE entry SET day = '2023-02-01'")
    assert balances(conn) == [0, 0, 13]


def test_a_row_that_its_new_partition_refuses_is_gone(conn: psycopg.Connection[Any]) -> None:
    conn.execute("INSERT INTO entry (account, day, amount) VALUES (1, '2023-05-01', 1), (2, '2024-05-01', 2)")
    conn.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    conn.execute("CREATE TRIGGER refuse BEFORE INSERT ON entry_2025 FOR EACH ROW EXECUTE FUNCTION refuse()")
    conn.execute("UPDATE entry SET day = '2025-02-01' WHERE account = 1")
    assert balances(conn) == [0, 2, 0]
    conn.execute("UPDATE entry SET day = '2025-02-01'")
    assert balances(conn) == [0, 0, 0]


def test_truncate_of_one_partition(conn: psycopg.Connection[Any]) -> None:
    conn.execute(
        "INSERT INTO entry (account, day, amount)"
        " VALUES (1, '2023-05-01', 1), (1, '2024-05-01', 2), (2, '2025-05-01', 4)"
    )
    conn.execute("TRUNCATE entry_2024")
    assert balances(conn) == [1, 4, 0]
    conn.execute("TRUNCATE entry_later")
    assert balances(conn) == [1, 0, 0]
    conn.execute("TRUNCATE entry")
    assert balances(conn) == [0, 0, 0]


def test_partitions_attached_and_detached_are_taken_up_by_the_next_migration(
    conn: psycopg.Connection[Any], triggers: str
) -> None:
    conn.execute("INSERT INTO entry (account, day, amount) VALUES (1, '2023-05-01', 1), (1, '2024-05-01', 2)")
    conn.execute("CREATE TABLE entry_2022 (LIKE entry)")
    conn.execute("INSERT INTO entry_2022 (id, account, day, amount) VALUES (1, 2, '2022-05-01', 64)")
    conn.execute("ALTER TABLE entry ATTACH PARTITION entry_2022 FOR VALUES FROM ('2022-01-01') TO ('2023-01-01')")
    conn.execute("ALTER TABLE entry DETACH PARTITION entry_2023")
    plan = make_plan(conn, declaration(triggers))
    assert any("entry_2022" in step.label for step in plan.steps)
    migrate(conn, declaration(triggers))
    assert balances(conn) == [2, 64, 0]
    conn.execute("INSERT INTO entry_2022 (id, account, day, amount) VALUES (2, 3, '2022-06-01', 5)")
    conn.execute("INSERT INTO entry_2023 (account, day, amount) VALUES (1, '2023-06-01', 99)")
    conn.execute("DROP TABLE entry_2022")
    migrate(conn, declaration(triggers))
    assert balances(conn) == [2, 0, 0]
    assert make_plan(conn, declaration(triggers)).empty


def test_inheriting_tables(conn: psycopg.Connection[Any], triggers: str) -> None:
    conn.execute("DROP TABLE entry CASCADE")
    conn.execute(
        "CREATE TABLE entry (account integer, amount numeric(12,2)); CREATE TABLE special (note text) INHERITS (entry)"
    )
    migrate(conn, declaration(triggers))
    conn.execute("INSERT INTO entry VALUES (1, 1)")
    conn.execute("INSERT INTO special VALUES (1, 2, 'x')")
    assert balances(conn) == [3, 0, 0]
    conn.execute("UPDATE entry SET account = 2, amount = amount + 1")
    assert balances(conn) == [0, 5, 0]
    conn.execute("DELETE FROM ONLY entry")
    assert balances(conn) == [0, 3, 0]


def test_row_triggers_fire_for_replication(conn: psycopg.Connection[Any], triggers: str) -> None:
    """The apply worker runs with session_replication_role = replica, and fires row triggers alone."""
    conn.execute("SET session_replication_role = replica")
    conn.execute("INSERT INTO entry (account, day, amount) VALUES (1, '2023-05-01', 1)")
    assert balances(conn) == [1 if triggers == "row" else 0, 0, 0]

"""Caches on tables without foreign keys: source rows may be there before their target row, and the two may race."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from pgcache.config import loads
from pgcache.migrate import migrate
from tests.conftest import Clone
from tests.support import wait_for_lock

TABLES = """
CREATE TABLE shop (region text, number integer, takings numeric(12,2), visits bigint, PRIMARY KEY (region, number));
CREATE TABLE sale (
    id serial PRIMARY KEY, region text, shop integer, amount numeric(12,2), visitors integer, void boolean DEFAULT false
);
CREATE TABLE refund (id serial PRIMARY KEY, sale_region text, sale_shop integer, amount numeric(12,2));
CREATE INDEX ON sale (region, shop);
CREATE INDEX ON refund (sale_region, sale_shop);
CREATE TABLE budget (id integer PRIMARY KEY, starts date, ends date, spent numeric(12,2) DEFAULT 0);
CREATE TABLE budget_tag (budget integer, tag text);
CREATE TABLE expense (id serial PRIMARY KEY, tag text, amount numeric(12,2), on_day date);
CREATE INDEX ON budget_tag (tag);
CREATE INDEX ON budget_tag (budget);
CREATE INDEX ON expense (tag);
"""

DECLARATION = """
version = 1
[[cache]]
name = "shop_takings"
target = "shop"
key = ["region", "number"]
  [[cache.source]]
  table = "sale"
  key = ["region", "shop"]
  where = "NOT void"
  values = { takings = "amount", visits = "visitors" }
  [[cache.source]]
  table = "refund"
  key = ["sale_region", "sale_shop"]
  values = { takings = "-amount" }
[[cache]]
name = "budget_spent"
target = "budget"
key = ["id"]
  [[cache.source]]
  table = "expense"
  through = { table = "budget_tag", on = { tag = "tag" }, key = ["budget"] }
  within = { column = "on_day", from = "starts", to = "ends" }
  values = { spent = "amount" }
"""

LEVELS = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]


def build(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(TABLES)
        migrate(conn, loads(DECLARATION, "pgcache.toml"))


@pytest.fixture
def dsn(clone: Clone) -> str:
    return clone("without foreign keys", build)


def shops(conn: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return conn.execute("SELECT region, number, takings, visits FROM shop ORDER BY 1, 2").fetchall()


def test_several_sources_and_measures_of_a_composite_key(conn: psycopg.Connection[Any]) -> None:
    conn.execute("INSERT INTO shop VALUES ('north', 1), ('north', 2), ('south', 1)")
    conn.execute(
        "INSERT INTO sale (region, shop, amount, visitors)"
        " VALUES ('north', 1, 10.50, 2), ('north', 2, 1, 1), ('south', 1, 5, 1),"
        " (NULL, 1, 99, 9), ('north', NULL, 99, 9), ('nowhere', 1, 99, 9)"
    )
    conn.execute("INSERT INTO refund (sale_region, sale_shop, amount) VALUES ('north', 1, 0.25)")
    conn.execute("UPDATE sale SET shop = 2 WHERE region = 'south'")
    conn.execute("UPDATE sale SET void = true WHERE region = 'north' AND shop = 2")
    assert shops(conn) == [
        ("north", 1, Decimal("10.25"), 2),
        ("north", 2, Decimal("0.00"), 0),
        ("south", 1, Decimal("0.00"), 0),
    ]


def test_a_target_row_that_appears_after_its_sources_is_right(conn: psycopg.Connection[Any]) -> None:
    conn.execute("INSERT INTO sale (region, shop, amount, visitors) VALUES ('north', 1, 10, 3), ('north', 2, 7, 1)")
    conn.execute("INSERT INTO refund (sale_region, sale_shop, amount) VALUES ('north', 1, 4)")
    conn.execute("INSERT INTO shop VALUES ('north', 1, 12345, 12345)")
    assert shops(conn) == [("north", 1, Decimal("6.00"), 3)]
    conn.execute("UPDATE shop SET number = 2")
    assert shops(conn) == [("north", 2, Decimal("7.00"), 1)]


def test_a_budget_that_appears_after_its_mapping_and_sources_is_right(conn: psycopg.Connection[Any]) -> None:
    conn.execute("INSERT INTO budget_tag VALUES (1, 'food'), (1, 'fun'), (2, 'fun')")
    conn.execute("INSERT INTO expense (tag, amount, on_day) VALUES ('food', 3, '2024-01-31'), ('fun', 4, '2024-02-01')")
    conn.execute("INSERT INTO budget VALUES (1, '2024-01-01', '2024-01-31', 0), (2, '2024-02-01', '2024-02-29', 77)")
    assert conn.execute("SELECT id, spent FROM budget ORDER BY id").fetchall() == [(1, Decimal(3)), (2, Decimal(4))]


@pytest.mark.parametrize("writer_level", LEVELS)
@pytest.mark.parametrize("target_level", LEVELS)
@pytest.mark.parametrize("first", ["writer", "target"])
def test_a_writer_and_an_appearing_target_row_never_miss_each_other(
    dsn: str, conn: psycopg.Connection[Any], first: str, writer_level: str, target_level: str
) -> None:
    """Whoever comes second waits, and then counts what the first did, or marks the key, or fails with 40001."""
    statements = {
        "writer": "INSERT INTO sale (region, shop, amount, visitors) VALUES ('north', 1, 10, 1)",
        "target": "INSERT INTO shop VALUES ('north', 1)",
    }
    levels = {"writer": writer_level, "target": target_level}
    second = "target" if first == "writer" else "writer"
    with psycopg.connect(dsn) as early, psycopg.connect(dsn) as late:
        for connection, role in ((early, first), (late, second)):
            connection.execute(f"SET TRANSACTION ISOLATION LEVEL {levels[role]}".encode())
            connection.execute("SELECT FROM shop")  # fixes the snapshot where the level keeps one
        early.execute(statements[first].encode())
        failures: list[psycopg.Error] = []

        def follow() -> None:
            try:
                late.execute(statements[second].encode())
            except psycopg.errors.SerializationFailure as error:
                failures.append(error)
                late.rollback()
                late.execute(statements[second].encode())

        thread = threading.Thread(target=follow)
        thread.start()
        wait_for_lock(conn, late.info.backend_pid)
        early.commit()
        thread.join()
        try:
            late.commit()
        except psycopg.errors.SerializationFailure:
            late.execute(statements[second].encode())
            late.commit()
    if conn.execute("SELECT FROM pgcache.dirty").rowcount:
        assert levels[second] != "READ COMMITTED" or levels[first] != "READ COMMITTED"
        conn.execute("SELECT pgcache.refresh('shop_takings')")
    assert shops(conn) == [("north", 1, Decimal("10.00"), 1)]
    assert conn.execute("SELECT FROM pgcache.compare('shop_takings')").rowcount == 0

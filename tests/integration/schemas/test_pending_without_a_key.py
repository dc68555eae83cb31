"""A mapping value that leads to no whole key: what is pending under it, or written for it, counts for no key."""

from __future__ import annotations

from typing import Any

import psycopg

from pgcache.config import loads
from pgcache.migrate import migrate

DECLARATION = """
version = 1
[[cache]]
name = "total"
target = { table = "account_total", create = true }
key = ["account", "year"]
mode = "nowait"
  [[cache.source]]
  table = "entry"
  through = { table = "category", on = { id = "category" }, key = ["account", "year"] }
  values = { amount = "amount" }
"""


def test_a_mapping_with_half_a_key_is_no_row_of_the_view(conn: psycopg.Connection[Any]) -> None:
    conn.execute("CREATE TABLE category (id integer PRIMARY KEY, account integer, year integer)")
    conn.execute("CREATE TABLE entry (category integer, amount numeric(12,2))")
    migrate(conn, loads(DECLARATION, "pgcache.toml"))
    conn.execute("INSERT INTO category VALUES (1, 1, 2025), (2, NULL, 2025)")
    conn.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    conn.execute("INSERT INTO entry VALUES (1, 5), (2, 7)")
    conn.execute("COMMIT")
    assert conn.execute("SELECT * FROM pgcache.total").fetchall() == [(1, 2025, 5)]
    conn.execute("SELECT pgcache.fold('total')")
    assert conn.execute("SELECT * FROM pgcache.total").fetchall() == [(1, 2025, 5)]
    assert conn.execute("SELECT pgcache.count_pending('total')").fetchall() == [(0,)]
    conn.execute("INSERT INTO entry VALUES (1, 5), (2, 7)")
    assert conn.execute("TABLE account_total").fetchall() == [(1, 2025, 10)]

"""A deferred cache in a table of the user's own."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from pgcache import config, migrate
from pgcache.plan import make_plan
from pgcache.reconcile import reconcile

COLUMNS = """
ALTER TABLE customer ADD owed numeric(12,2), ADD lines bigint NOT NULL DEFAULT 0,
    ADD opening numeric NOT NULL DEFAULT 0, ADD seen timestamptz;
UPDATE customer SET opening = 50 WHERE id = 10;
"""
SUMS = """
version = 1
[[cache]]
name = "debts"
mode = "deferred"
target = { table = "customer", stamp = "seen" }
key = ["id"]
initial = { owed = "opening" }
guard = "GUARD"
  [[cache.source]]
  table = "payment"
  key = ["customer_id"]
  values = { owed = "-amount" }
  [[cache.source]]
  table = "line"
  through = { table = "invoice", on = { id = "invoice_id" }, key = ["customer_id"], where = "NOT void" }
  values = { owed = "amount", lines = "1" }
"""
QUERY = '''
version = 1
[[cache]]
name = "debts"
mode = "deferred"
target = "customer"
key = ["id"]
query = """
SELECT customer_id AS id, sum(amount / share) AS owed
  FROM pgcache_keys AS k JOIN invoice AS i ON i.customer_id = k.id JOIN line AS l ON l.invoice_id = i.id
 GROUP BY customer_id"""
  [[cache.source]]
  table = "line"
  through = { table = "invoice", on = { id = "invoice_id" }, key = ["customer_id"] }
'''


def install(conn: psycopg.Connection[Any], text: str = SUMS, guard: str = "ignore") -> None:
    conn.execute(COLUMNS)
    migrate.migrate(conn, config.loads(text.replace("GUARD", guard), "pgcache.toml"))


def refresh(conn: psycopg.Connection[Any]) -> None:
    conn.execute("SELECT pgcache.refresh('debts')")


def figures(conn: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return conn.execute("SELECT id, owed, lines FROM customer ORDER BY id").fetchall()


def dirty(conn: psycopg.Connection[Any]) -> list[int]:
    return [row[0] for row in conn.execute("SELECT id FROM pgcache.debts WHERE dirty ORDER BY id")]


def test_it_is_filled(tables: psycopg.Connection[Any]) -> None:
    install(tables)
    assert figures(tables) == [(1, 100, 3), (2, 7, 1), (9, -4, 0), (10, 50, 0)]
    assert tables.execute("SELECT count(*) FROM pgcache.debts WHERE refreshed_at IS NULL OR dirty").fetchall() == [(0,)]
    assert make_plan(tables, config.loads(SUMS.replace("GUARD", "ignore"), "pgcache.toml")).empty


def test_a_row_that_appears_or_changes_what_it_starts_from_is_marked(tables: psycopg.Connection[Any]) -> None:
    install(tables)
    tables.execute("INSERT INTO customer (id, opening) VALUES (11, 3)")
    tables.execute("UPDATE customer SET opening = 60, name = 'dora' WHERE id = 10")
    tables.execute("UPDATE customer SET name = upper(name) WHERE id = 2")
    assert dirty(tables) == [10, 11]
    refresh(tables)
    assert dirty(tables) == []
    assert figures(tables)[-2:] == [(10, 60, 0), (11, 3, 0)]


@pytest.mark.parametrize(("guard", "owed"), [("ignore", 7), ("log", 1), ("off", 1)])
def test_the_guard(tables: psycopg.Connection[Any], guard: str, owed: int) -> None:
    install(tables, guard=guard)
    tables.execute("UPDATE customer SET owed = 1, name = 'b' WHERE id = 2")
    assert tables.execute("SELECT owed, name FROM customer WHERE id = 2").fetchall() == [(owed, "b")]
    assert len(tables.execute("SELECT * FROM pgcache.write").fetchall()) == (guard == "log")
    reconcile(tables, ["debts"])
    assert figures(tables)[1] == (2, 7, 1)


def test_the_guard_that_rejects(tables: psycopg.Connection[Any]) -> None:
    install(tables, guard="reject")
    with pytest.raises(psycopg.Error) as caught:
        tables.execute("UPDATE customer SET owed = 1 WHERE id = 2")
    assert caught.value.sqlstate == "PC004"
    tables.execute("INSERT INTO payment (customer_id, amount) VALUES (2, 5)")
    refresh(tables)
    assert figures(tables)[1] == (2, 2, 1)


def test_keys_that_the_query_leaves_out_become_null(tables: psycopg.Connection[Any]) -> None:
    install(tables, QUERY)
    assert [row[:2] for row in figures(tables)] == [(1, 130), (2, 7), (9, None), (10, None)]
    tables.execute("DELETE FROM line WHERE invoice_id = 3")
    refresh(tables)
    assert figures(tables)[1][1] is None
    assert reconcile(tables, ["debts"]).caches[0].drifted == 0


def test_two_rows_for_one_key_are_a_failure(tables: psycopg.Connection[Any]) -> None:
    install(tables, QUERY.replace("sum(amount / share)", "amount").replace("GROUP BY customer_id", ""))
    assert figures(tables)[1][1] == 7
    ((key, error),) = tables.execute("SELECT key, error FROM pgcache.failures('debts')").fetchall()
    assert key == {"id": "1"}
    assert error == 'the query of cache "debts" gives several rows for one key (21000)'


def test_reconcile_and_recompute(tables: psycopg.Connection[Any]) -> None:
    install(tables, guard="off")
    tables.execute("UPDATE customer SET owed = 1 WHERE id IN (1, 2)")
    assert tables.execute("SELECT * FROM pgcache.recompute('debts', '1')").fetchall() == [("owed", 100), ("lines", 3)]
    assert reconcile(tables, ["debts"]).caches[0].corrected == 1
    assert figures(tables)[:2] == [(1, 100, 3), (2, 7, 1)]
    with pytest.raises(psycopg.Error) as caught:
        tables.execute("SELECT pgcache.recompute('debts', '77')")
    assert caught.value.sqlstate == "PC003"

"""NaN and infinity, which cannot be taken off again: what is left when the row is gone, whatever changed with it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from pgcache.config import loads
from pgcache.migrate import migrate
from tests.conftest import Clone

TABLES = """
CREATE TABLE shop (
    id integer PRIMARY KEY, first date DEFAULT '2025-01-01', last date DEFAULT '2025-12-31', sold numeric DEFAULT 0);
CREATE TABLE member (shop_id integer NOT NULL REFERENCES shop, seller integer NOT NULL);
CREATE INDEX ON member (seller);
CREATE TABLE sale (
    id integer PRIMARY KEY, shop_id integer REFERENCES shop, seller integer, day date, amount numeric);
CREATE INDEX ON sale (shop_id);
CREATE INDEX ON sale (seller);
CREATE TABLE refund (LIKE sale INCLUDING ALL);
ALTER TABLE refund ADD FOREIGN KEY (shop_id) REFERENCES shop;
INSERT INTO shop (id) VALUES (1), (2);
INSERT INTO member VALUES (1, 1), (2, 2);
"""

CACHE = """
version = 1
[[cache]]
name = "shop_sold"
target = {target}
key = ["{key}"]
mode = "{mode}"
triggers = "{level}"
  [[cache.source]]
  table = "sale"
  {sale}
  values = {{ sold = "amount" }}
  [[cache.source]]
  table = "refund"
  {refund}
  values = {{ sold = "-amount" }}
"""
DIRECT = 'key = ["shop_id"]'
PERIOD = 'key = ["shop_id"]\nwithin = { column = "day", from = "first", to = "last" }'
MAPPED = 'through = { table = "member", on = { seller = "seller" }, key = ["shop_id"] }'
KINDS = {
    "direct": ('"shop"', "id", DIRECT, DIRECT),
    "created": ('{ table = "shop_sold", create = true }', "shop_id", DIRECT, DIRECT),
    "period": ('"shop"', "id", PERIOD, PERIOD),
    "mapped": ('"shop"', "id", MAPPED, MAPPED),
    "mapped and direct": ('"shop"', "id", MAPPED, DIRECT),
}

CHANGES = {
    "two sources": """WITH gone AS (DELETE FROM sale WHERE amount = 'NaN')
        INSERT INTO refund VALUES (9, 1, 1, '2025-06-02', 2.50)""",
    "two sources, the other way": """WITH back AS (INSERT INTO refund VALUES (9, 1, 1, '2025-06-02', 2.50))
        DELETE FROM sale WHERE amount = 'NaN'""",
    "one source twice": """WITH gone AS (DELETE FROM sale WHERE amount = 'NaN')
        INSERT INTO sale VALUES (9, 1, 1, '2025-06-02', 2.50), (10, 2, 2, '2025-06-02', 1)""",
    "one statement": "UPDATE sale SET amount = CASE WHEN amount = 'NaN' THEN 1 ELSE amount + 1 END",
    "its key": "UPDATE sale SET shop_id = 3 - shop_id, seller = 3 - seller",
    "all of it": "WITH gone AS (DELETE FROM sale) DELETE FROM refund",
}

ORACLE = """
SELECT shop.id, coalesce((SELECT sum(amount) FROM sale WHERE shop_id = shop.id), 0)
              - coalesce((SELECT sum(amount) FROM refund WHERE shop_id = shop.id), 0)
  FROM shop ORDER BY id
"""


def build(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(TABLES)


@pytest.fixture
def dsn(clone: Clone) -> str:
    return clone("not finite", build)


@pytest.mark.parametrize("level", ["statement", "row"])
@pytest.mark.parametrize("mode", ["immediate", "nowait"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_rest_is_right_when_it_is_gone(conn: psycopg.Connection[Any], kind: str, mode: str, level: str) -> None:
    target, key, sale, refund = KINDS[kind]
    declared = CACHE.format(target=target, key=key, mode=mode, level=level, sale=sale, refund=refund)
    migrate(conn, loads(declared, "pgcache.toml"))
    conn.execute(
        """INSERT INTO sale VALUES (1, 1, 1, '2025-06-01', 10), (2, 1, 1, '2025-06-01', 'NaN'),
                                  (3, 2, 2, '2025-06-01', 7);
           INSERT INTO refund VALUES (1, 1, 1, '2025-06-01', 3)"""
    )

    def figures() -> str:
        return str(conn.execute(f"SELECT {key}, sold FROM pgcache.shop_sold ORDER BY 1".encode()).fetchall())

    assert "NaN" in figures()
    for name, change in CHANGES.items():
        for isolation in ("READ COMMITTED", "REPEATABLE READ"):
            with conn.transaction(force_rollback=True):
                conn.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}".encode())
                conn.execute(change.encode())
                assert figures() == str(conn.execute(ORACLE).fetchall()), name
                conn.execute("INSERT INTO sale VALUES (11, 1, 1, '2025-06-03', 5)")
                assert figures() == str(conn.execute(ORACLE).fetchall()), name

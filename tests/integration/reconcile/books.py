"""Three caches whose keys differ in kind, and damage to them that no trigger sees."""

from __future__ import annotations

from typing import Any

import psycopg

from pgcache.config import loads
from pgcache.migrate import migrate

Connection = psycopg.Connection[Any]

TABLES = """
CREATE TABLE person (name text COLLATE "C" PRIMARY KEY, total numeric(12,2) DEFAULT 0, start numeric(12,2) DEFAULT 1);
CREATE TABLE sale (
    id serial PRIMARY KEY, person text REFERENCES person, amount numeric(12,2), at timestamptz DEFAULT '2020-01-01Z');
CREATE TABLE refund (
    id serial PRIMARY KEY, person text REFERENCES person, amount numeric(12,2), at timestamptz DEFAULT '2020-01-01Z');
CREATE INDEX ON sale (person);
CREATE INDEX ON refund (person);
CREATE TABLE entry (
    id serial PRIMARY KEY, account integer, day date, amount numeric(12,2), at timestamp DEFAULT '2020-01-01');
CREATE INDEX ON entry (account, day);
CREATE TABLE tag (category integer, budget integer, PRIMARY KEY (category, budget));
CREATE TABLE budget (
    id integer PRIMARY KEY, first date DEFAULT '2025-01-01', last date DEFAULT '2025-12-31',
    spent numeric(12,2) DEFAULT 0);
"""

DECLARATION = """
version = 1
[[cache]]
name = "person_total"
target = "person"
key = ["name"]
initial = "start"
  [[cache.source]]
  table = "sale"
  key = ["person"]
  values = { total = "amount" }
  touched = "at"
  [[cache.source]]
  table = "refund"
  key = ["person"]
  where = "amount > 0"
  values = { total = "-amount" }
  touched = "at"
[[cache]]
name = "month"
target = { table = "account_month", create = true }
key = ["account", "month"]
  [[cache.source]]
  table = "entry"
  key = ["account", "date_trunc('month', day::timestamp)::date"]
  values = { amount = "amount", rows = "1" }
  touched = "at AT TIME ZONE 'UTC'"
[[cache]]
name = "budget_spent"
target = "budget"
key = ["id"]
  [[cache.source]]
  table = "entry"
  through = { table = "tag", on = { category = "account" }, key = ["budget"] }
  within = { column = "day", from = "first", to = "last" }
  values = { spent = "amount" }
  touched = "at AT TIME ZONE 'UTC'"
"""

ROWS = """
INSERT INTO person (name) SELECT chr(64 + n % 26) || repeat('é', n % 3) || n FROM generate_series(1, 40) AS n;
INSERT INTO sale (person, amount) SELECT name, length(name) + n FROM person, generate_series(1, 3) AS n;
INSERT INTO refund (person, amount) SELECT name, 0.5 FROM person WHERE name > 'M';
INSERT INTO budget (id) SELECT generate_series(1, 12);
INSERT INTO tag SELECT c, b FROM generate_series(1, 6) AS c, generate_series(1, 12) AS b WHERE (b + c) % 3 = 0;
INSERT INTO entry (account, day, amount)
SELECT n % 7, date '2025-01-15' + n, n FROM generate_series(1, 200) AS n;
"""

DAMAGE = """
UPDATE person SET total = total + length(name) WHERE ascii(name) % 3 = 0;
DELETE FROM sale WHERE id % 29 = 0;
UPDATE person SET total = NULL WHERE name LIKE 'Z%';
UPDATE account_month SET rows = rows + 1 WHERE account = 3;
DELETE FROM account_month WHERE account = 5 AND month > '2025-05-01';
INSERT INTO entry (account, day, amount) VALUES (-1, '2020-01-01', 3), (99, '2031-01-01', 4), (4, '2024-12-31', 5);
UPDATE budget SET spent = spent - 1 WHERE id IN (1, 2, 11, 12);
"""
"""Also rows of account_month that are missing: in the middle, before the first key and after the last."""

CACHES = ("person_total", "month", "budget_spent")


def build(dsn: str, mode: str = "immediate") -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(TABLES.encode())
        migrate(conn, loads(DECLARATION.replace("[[cache]]", f'[[cache]]\nmode = "{mode}"'), "pgcache.toml"))
        conn.execute(ROWS.encode())


def damage(conn: Connection) -> None:
    with conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute(DAMAGE.encode())


def differing(conn: Connection, cache: str) -> list[tuple[Any, ...]]:
    """The drift as one statement over all keys tells it."""
    return conn.execute("SELECT key, measure, drift FROM pgcache.compare(%s)", [cache]).fetchall()

"""A small office with customers, their invoices and payments, and a deferred cache of what each owes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg

from pgcache import config, migrate
from pgcache.model import Declaration
from pgcache.refresh import Refreshed, refresh

TABLES = """
CREATE TABLE customer (id integer PRIMARY KEY, name text);
CREATE TABLE invoice (
    id integer PRIMARY KEY, customer_id integer REFERENCES customer ON DELETE CASCADE, due date, void boolean);
CREATE TABLE line (
    id serial PRIMARY KEY, invoice_id integer REFERENCES invoice ON DELETE CASCADE, amount numeric(12,2),
    share numeric DEFAULT 1);
CREATE TABLE payment (
    id serial PRIMARY KEY, customer_id integer REFERENCES customer ON DELETE CASCADE, amount numeric(12,2));
CREATE INDEX ON invoice (customer_id);
CREATE INDEX ON line (invoice_id);
CREATE INDEX ON payment (customer_id);
INSERT INTO customer VALUES (1, 'ann'), (2, 'bob'), (9, 'cy'), (10, 'di');
INSERT INTO invoice VALUES (1, 1, '2025-06-10', false), (2, 1, '2025-07-01', false), (3, 2, '2025-06-20', false);
INSERT INTO line (invoice_id, amount) VALUES (1, 10), (1, 20), (2, 100), (3, 7);
INSERT INTO payment (customer_id, amount) VALUES (1, 30), (9, 4);
"""

# What is overdue is due before today; it changes on the day after the next due date.
QUERY = """
SELECT k.customer_id,
       coalesce(l.owed, 0) - coalesce(p.paid, 0) AS owed,
       coalesce(l.overdue, 0) AS overdue,
       l.largest,
       l.changes_on
  FROM pgcache_keys AS k
  LEFT JOIN (SELECT i.customer_id, sum(x.amount / x.share) AS owed, max(x.amount) AS largest,
                    sum(x.amount) FILTER (WHERE i.due < pgcache.today()) AS overdue,
                    min(i.due) FILTER (WHERE i.due >= pgcache.today()) + 1 AS changes_on
               FROM pgcache_keys AS k
               JOIN invoice AS i ON i.customer_id = k.customer_id
               JOIN line AS x ON x.invoice_id = i.id
              WHERE NOT i.void
              GROUP BY i.customer_id) AS l ON l.customer_id = k.customer_id
  LEFT JOIN (SELECT m.customer_id, sum(m.amount) AS paid
               FROM pgcache_keys AS k
               JOIN payment AS m ON m.customer_id = k.customer_id
              GROUP BY m.customer_id) AS p ON p.customer_id = k.customer_id
 WHERE l.customer_id IS NOT NULL OR p.customer_id IS NOT NULL
"""

DEBTS = f"""
version = 1
time_zone = "UTC"
[[cache]]
name = "debts"
mode = "deferred"
target = {{ table = "debt", create = true }}
key = ["customer_id"]
query = '''{QUERY}'''
refresh = {{ every = "2 minutes", expires = "changes_on" }}
rpc = "recompute_debt"
  [[cache.source]]
  table = "payment"
  key = ["customer_id"]
  [[cache.source]]
  table = "line"
  through = {{ table = "invoice", on = {{ id = "invoice_id" }}, key = ["customer_id"] }}
"""

# The same figures in other words, for everybody who has some.
_ORACLE = """
SELECT c.id AS customer_id,
       (SELECT coalesce(sum(x.amount), 0) FROM line AS x JOIN invoice AS i ON i.id = x.invoice_id AND NOT i.void
         WHERE i.customer_id = c.id)
       - (SELECT coalesce(sum(p.amount), 0) FROM payment AS p WHERE p.customer_id = c.id) AS owed,
       (SELECT coalesce(sum(x.amount), 0) FROM line AS x JOIN invoice AS i ON i.id = x.invoice_id AND NOT i.void
         WHERE i.customer_id = c.id AND i.due < pgcache.today()) AS overdue
  FROM customer AS c
 WHERE EXISTS (SELECT FROM line AS x JOIN invoice AS i ON i.id = x.invoice_id AND NOT i.void WHERE i.customer_id = c.id)
    OR EXISTS (SELECT FROM payment AS p WHERE p.customer_id = c.id)
"""
_DIFFERENCES = f"""
WITH told AS (SELECT d.customer_id, d.owed, d.overdue FROM debt AS d), oracle AS ({_ORACLE})
(SELECT 'cached', t.* FROM (TABLE told EXCEPT ALL TABLE oracle) AS t)
UNION ALL
(SELECT 'true', t.* FROM (TABLE oracle EXCEPT ALL TABLE told) AS t)
"""


def declaration(*changes: tuple[str, str]) -> Declaration:
    """The declaration of the office, with some of its words replaced by others."""
    text = DEBTS
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return config.loads(text, "pgcache.toml")


class Office:
    """A connection to the office, in autocommit mode."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self.conn = conn
        self.today("2025-06-15")

    def today(self, day: str) -> None:
        """Set the clock of this session."""
        self.conn.execute("SELECT set_config('pgcache.today', %s, false)", (day,))

    def run(self, query: str) -> list[tuple[Any, ...]]:
        cursor = self.conn.execute(query.encode())
        return cursor.fetchall() if cursor.description else []

    def owed(self) -> dict[int, Decimal]:
        """What the target says that each customer owes."""
        return dict(self.conn.execute("SELECT customer_id, owed FROM debt").fetchall())

    def dirty(self) -> list[int]:
        """The customers whose figures the view calls stale."""
        return [row[0] for row in self.conn.execute("SELECT customer_id FROM pgcache.debts WHERE dirty ORDER BY 1")]

    def marks(self) -> int:
        (row,) = self.run("SELECT count(*) FROM pgcache.debts_dirty")
        return int(row[0])

    def refresh(self) -> Refreshed:
        return refresh(self.conn, "debts")

    def exact(self) -> None:
        """Compare the target with the oracle."""
        assert self.run(_DIFFERENCES) == []


def build(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(TABLES)
        conn.execute("SET pgcache.today = '2025-06-15'")
        migrate.migrate(conn, declaration())


def build_tables(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(TABLES)

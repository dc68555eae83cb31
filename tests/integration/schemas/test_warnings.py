"""What plan warns of, each with the statement that mends it: after it, the warning is gone."""

from __future__ import annotations

from typing import Any

import psycopg

from pgcache.config import loads
from pgcache.migrate import migrate
from pgcache.plan import make_plan

DECLARATION = """
version = 1
[[cache]]
name = "balance"
target = "account"
key = ["id"]
  [[cache.source]]
  table = "Entry"
  key = ["account"]
  values = { balance = "amount" }
"""

TABLES = """
CREATE TABLE account (id integer PRIMARY KEY, balance numeric NOT NULL DEFAULT 0);
CREATE TABLE "Entry" (account integer, amount numeric);
INSERT INTO account VALUES (1);
"""


def warnings(conn: psycopg.Connection[Any]) -> list[str]:
    return [str(warning) for warning in make_plan(conn, loads(DECLARATION, "f")).warnings]


def test_a_missing_index(conn: psycopg.Connection[Any]) -> None:
    conn.execute(TABLES)
    (warning,) = warnings(conn)
    assert warning.startswith(
        "f:7: cache 'balance': public.Entry has no index on (\"account\"), so a recompute reads the"
    )
    conn.execute(warning.partition("; run ")[2].encode())
    assert warnings(conn) == []


def test_a_user_trigger_that_needs_a_search_path(conn: psycopg.Connection[Any]) -> None:
    """Without the advice a write fails, since the trigger does not find its table."""
    conn.execute(TABLES + 'CREATE INDEX ON "Entry" (account); CREATE TABLE audit (account integer)')
    conn.execute(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN INSERT INTO audit VALUES (NEW.id); RETURN NEW; END$$;"
        "CREATE TRIGGER note AFTER UPDATE ON account FOR EACH ROW EXECUTE FUNCTION note()"
    )
    (warning,) = warnings(conn)
    assert "fire the trigger note with the search_path pg_catalog" in warning
    migrate(conn, loads(DECLARATION, "f"))
    conn.execute(warning.partition("; run ")[2].replace("...", "public, pg_temp").encode())
    assert warnings(conn) == []
    conn.execute('INSERT INTO "Entry" VALUES (1, 5)')
    assert conn.execute("SELECT balance FROM account").fetchone() == (5,)
    assert conn.execute("SELECT count(*) FROM audit").fetchone() == (1,)

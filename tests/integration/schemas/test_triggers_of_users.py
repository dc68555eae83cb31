"""Triggers of the user's on the target, which change what the same cache is made of while pgcache is updating it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from pgcache.config import loads
from pgcache.migrate import migrate
from pgcache.testing import assert_caches_exact

Connection = psycopg.Connection[Any]

TABLES = """
CREATE TABLE account (id integer PRIMARY KEY, balance numeric(12,2) NOT NULL DEFAULT 0, since date, until date);
CREATE TABLE category (id integer PRIMARY KEY, account integer);
CREATE TABLE entry (category integer, account integer, amount numeric(12,2), day date NOT NULL DEFAULT '2025-01-15');
INSERT INTO account SELECT n, 0, '2025-01-01', '2025-01-31' FROM generate_series(1, 3) AS n;
INSERT INTO category VALUES (1, 1), (2, 2), (3, 1);
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() = 2 THEN
        {meddling};
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER meddle AFTER UPDATE ON account FOR EACH ROW EXECUTE FUNCTION meddle();
"""
DECLARATION = """
version = 1
[[cache]]
name = "balance"
target = "account"
key = ["id"]
mode = "{mode}"
triggers = "{triggers}"
  [[cache.source]]
  table = "entry"
  {keyed}
  within = {{ column = "day", from = "since", to = "until" }}
  values = {{ balance = "amount" }}
"""
MAPPED = 'through = { table = "category", on = { id = "category" }, key = ["account"] }'


@pytest.mark.parametrize("mode", ["immediate", "nowait"])
@pytest.mark.parametrize("triggers", ["statement", "row"])
@pytest.mark.parametrize(
    ("keyed", "meddling", "statement"),
    [
        # A fee is booked for the account that changes, while the mapping moves entries to and fro.
        (MAPPED, "INSERT INTO public.entry VALUES (1, NULL, 0.01)", "UPDATE category SET account = 3 - account"),
        # The mapping changes while entries are being counted by the one before.
        (
            MAPPED,
            "UPDATE public.category SET account = 3 WHERE id = 2",
            "INSERT INTO entry VALUES (1, 0, 5), (2, 0, 7), (3, 0, 9)",
        ),
        # The period of an account whose turn comes later is moved.
        (
            'key = ["account"]',
            "UPDATE public.account SET until = '2025-01-10' WHERE id = 2",
            "INSERT INTO entry VALUES (0, 1, 5), (0, 2, 7), (0, 3, 9)",
        ),
        # The period of an account whose turn has been is moved.
        (
            'key = ["account"]',
            "UPDATE public.account SET until = until - 20 WHERE id = 1 AND NEW.id = 2",
            "UPDATE entry SET amount = amount * 2, account = 3 - account",
        ),
    ],
    ids=["a source", "the mapping", "a later period", "an earlier period"],
)
def test_exact_all_the_same(
    conn: Connection, mode: str, triggers: str, keyed: str, meddling: str, statement: str
) -> None:
    conn.execute(TABLES.format(meddling=meddling).encode())
    migrate(conn, loads(DECLARATION.format(mode=mode, triggers=triggers, keyed=keyed), "pgcache.toml"))
    conn.execute("INSERT INTO entry VALUES (1, 1, 10), (2, 2, 20), (3, 1, 30)")
    assert_caches_exact(conn)
    conn.execute(statement.encode())
    assert_caches_exact(conn)
    # What was open is closed: another statement counts by itself.
    conn.execute("INSERT INTO entry VALUES (1, 1, 100)")
    assert_caches_exact(conn)


SUM = "(SELECT coalesce(sum(amount), 0) FROM entry WHERE entry.account = account.id)"


@pytest.mark.parametrize("mode", ["immediate", "nowait"])
@pytest.mark.parametrize("triggers", ["statement", "row"])
@pytest.mark.parametrize("within", [True, False])
@pytest.mark.parametrize("event", ["UPDATE", "INSERT"])
def test_another_target_row_appears_before_its_turn(
    conn: Connection, mode: str, triggers: str, within: bool, event: str
) -> None:
    """It is filled with what the statement has already stored; what is added to it once more is off, but marked."""
    meddling = "INSERT INTO public.account VALUES (9, 0, '2025-01-01', '2025-01-31') ON CONFLICT DO NOTHING"
    conn.execute(TABLES.format(meddling=meddling).encode())
    declaration = DECLARATION.format(mode=mode, triggers=triggers, keyed='key = ["account"]')
    if not within:
        declaration = declaration.replace('within = { column = "day", from = "since", to = "until" }', "")
    migrate(conn, loads(declaration, "pgcache.toml"))
    rows = {
        "INSERT": "INSERT INTO entry VALUES (0, 1, 5), (0, 9, 7)",
        "UPDATE": "UPDATE entry SET account = account + 1",
    }
    if event == "UPDATE":
        conn.execute("INSERT INTO entry VALUES (0, 0, 5), (0, 8, 7)")
    conn.execute(rows[event].encode())
    wrong = conn.execute("SELECT account.id FROM account WHERE balance <> " + SUM).fetchall()
    marked = conn.execute("SELECT (key ->> 'id')::integer FROM pgcache.dirty").fetchall()
    assert set(wrong) <= set(marked) <= {(9,)}
    conn.execute("SELECT pgcache.refresh('balance')")
    assert_caches_exact(conn)
    conn.execute("INSERT INTO entry VALUES (1, 1, 100), (1, 9, 100)")
    assert_caches_exact(conn)

"""A pass has read the drift of a target row that goes, and another comes under its key: the drift is not that one's."""

from __future__ import annotations

from itertools import product

import psycopg
import pytest

from pgcache.config import loads
from pgcache.migrate import migrate
from tests.conftest import Clone

TABLES = """
CREATE TABLE purse (id integer PRIMARY KEY, kept numeric DEFAULT 0);
CREATE TABLE entry (id serial PRIMARY KEY, purse integer $reference, amount numeric);
CREATE INDEX ON entry (purse);
INSERT INTO purse VALUES (1), (2);
"""
REFERENCE = "REFERENCES purse ON DELETE CASCADE ON UPDATE CASCADE"
DECLARATION = """
version = 1
[[cache]]
name = "purse_kept"
target = "purse"
key = ["id"]
mode = "$mode"
guard = "$guard"
triggers = "$triggers"
  [[cache.source]]
  table = "entry"
  key = ["purse"]
  values = { kept = "amount" }
"""
ROWS = "INSERT INTO entry (purse, amount) VALUES (1, 100), (2, 20)"

# What happens to the row, the last of it by the transaction that brings another one.
EVENTS = {
    "deleted": ("DELETE FROM purse WHERE id = 1", "INSERT INTO purse VALUES (1)"),
    "renamed and back": ("UPDATE purse SET id = 3 WHERE id = 1", "UPDATE purse SET id = 1 WHERE id = 3"),
    "renamed, and followed by another": (
        "UPDATE purse SET id = 3 WHERE id = 1",
        "UPDATE purse SET id = 1 WHERE id = 2",
    ),
    "truncated": ("TRUNCATE purse CASCADE", "INSERT INTO purse VALUES (1)"),
}

WRONG = """
SELECT p.id, p.kept, (SELECT coalesce(sum(e.amount), 0) FROM entry AS e WHERE e.purse = p.id) AS true
  FROM pgcache.purse_kept AS p
 WHERE p.kept IS DISTINCT FROM (SELECT coalesce(sum(e.amount), 0) FROM entry AS e WHERE e.purse = p.id)
"""


# Of those, what may have begun before the drift is read; a pass waits for a TRUNCATE, and reads what that leaves.
OPEN = {f"{name}, in a transaction older than the pass": event for name, event in EVENTS.items() if name != "truncated"}


@pytest.mark.parametrize(
    ("event", "older"),
    [(event, False) for event in EVENTS.values()] + [(event, True) for event in OPEN.values()],
    ids=[*EVENTS, *OPEN],
)
@pytest.mark.parametrize(
    ("reference", "mode", "guard", "triggers"),
    [
        *product((REFERENCE, ""), ("immediate", "nowait"), ("ignore",), ("statement",)),
        *product((REFERENCE, ""), ("immediate",), ("off",), ("row",)),
    ],
    ids=lambda value: "reference" if value == REFERENCE else value or "no reference",
)
def test_a_drift_does_not_go_to_another_row(
    clone: Clone, reference: str, mode: str, guard: str, triggers: str, event: tuple[str, str], *, older: bool
) -> None:
    def build(dsn: str) -> None:
        declared = DECLARATION.replace("$mode", mode).replace("$guard", guard).replace("$triggers", triggers)
        with psycopg.connect(dsn, autocommit=True) as conn:
            conn.execute(TABLES.replace("$reference", reference).encode())
            migrate(conn, loads(declared, "pgcache.toml"))
            conn.execute(ROWS)
            with conn.transaction():
                conn.execute("SET LOCAL session_replication_role = replica")
                conn.execute("UPDATE purse SET kept = kept + 7 WHERE id = 1")

    dsn = clone(f"a drifted purse {reference} {mode} {guard} {triggers}", build)
    with psycopg.connect(dsn, autocommit=True) as writer, psycopg.connect(dsn, autocommit=True) as reconciler:
        gone, again = (statement.encode() for statement in event)
        if older:
            writer.execute("BEGIN")
            writer.execute(gone)
        reconciler.execute("SELECT pgcache.reconcile_begin(1000, 'purse_kept', 'reconcile')")
        if not older:
            writer.execute("BEGIN")
            writer.execute(gone)
        writer.execute(again)
        writer.execute("COMMIT")
        writer.execute("INSERT INTO entry (purse, amount) VALUES (1, 1)")
        reconciler.execute("SELECT pgcache.reconcile_step(1000, 'purse_kept', 1000)")
        assert reconciler.execute("SELECT status FROM pgcache.drift").fetchall() == [("superseded",)]
        assert reconciler.execute(WRONG).fetchall() == []
        assert reconciler.execute("SELECT FROM pgcache.compare('purse_kept')").fetchall() == []


@pytest.mark.parametrize(("reference", "left"), [(REFERENCE, 0), ("", 1)], ids=["reference", "no reference"])
def test_what_is_pending_goes_with_its_row_where_its_sources_do(clone: Clone, reference: str, left: int) -> None:
    def build(dsn: str) -> None:
        declared = DECLARATION.replace("$mode", "nowait").replace("$guard", "ignore").replace("$triggers", "statement")
        with psycopg.connect(dsn, autocommit=True) as conn:
            conn.execute(TABLES.replace("$reference", reference).encode())
            migrate(conn, loads(declared, "pgcache.toml"))

    dsn = clone(f"purses {reference} without entries", build)
    with psycopg.connect(dsn, autocommit=True) as writer, psycopg.connect(dsn) as holder:
        holder.execute("SELECT FROM purse FOR NO KEY UPDATE")
        writer.execute(ROWS)
        holder.rollback()
        writer.execute("DELETE FROM purse WHERE id = 1")
        pending = "SELECT FROM pgcache.purse_kept_pending WHERE key_1 = 1"
        assert writer.execute(pending).rowcount == left
        writer.execute("INSERT INTO purse VALUES (1)")
        assert writer.execute(WRONG).fetchall() == []

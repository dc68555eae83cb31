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


AFTER_ROW = "AFTER UPDATE ON account FOR EACH ROW"
# Triggers for statements fire also where the update finds no row: of the account itself whose row is missing.
MOMENTS = [AFTER_ROW, "AFTER UPDATE ON account FOR EACH STATEMENT", "BEFORE UPDATE ON account FOR EACH STATEMENT"]
WRITES = {
    "a row": ["INSERT INTO entry VALUES (0, 9, 7)"],
    "rows of one account": ["INSERT INTO entry VALUES (0, 9, 5), (0, 9, 7)"],
    "rows": ["INSERT INTO entry VALUES (0, 1, 5), (0, 9, 7)"],
    "a moved row": ["INSERT INTO entry VALUES (0, 1, 7)", "UPDATE entry SET account = 9"],
    "moved rows": ["INSERT INTO entry VALUES (0, 0, 5), (0, 8, 7)", "UPDATE entry SET account = account + 1"],
}


def make_accounts(
    conn: Connection, mode: str, triggers: str, *, guard: str = "ignore", within: bool = True, moment: str = AFTER_ROW
) -> None:
    """Install a trigger on the accounts that makes account 9."""
    meddling = "INSERT INTO public.account VALUES (9, 0, '2025-01-01', '2025-01-31') ON CONFLICT DO NOTHING"
    tables = TABLES.format(meddling=meddling).replace(AFTER_ROW, moment)
    conn.execute(tables.encode())
    declaration = DECLARATION.format(mode=mode, triggers=triggers, keyed='key = ["account"]')
    if not within:
        declaration = declaration.replace('within = { column = "day", from = "since", to = "until" }', "")
    migrate(conn, loads(declaration.replace('key = ["id"]', f'key = ["id"]\nguard = "{guard}"'), "pgcache.toml"))


@pytest.mark.parametrize("mode", ["immediate", "nowait"])
@pytest.mark.parametrize("triggers", ["statement", "row"])
@pytest.mark.parametrize(("within", "guard"), [(True, "ignore"), (False, "ignore"), (False, "off")])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_target_row_appears_before_it_is_counted_for(
    conn: Connection, mode: str, triggers: str, guard: str, within: bool, moment: str
) -> None:
    """It is filled with what the statement has already stored, which must not be added to it once more."""
    make_accounts(conn, mode, triggers, guard=guard, within=within, moment=moment)
    for statements in WRITES.values():
        with conn.transaction(force_rollback=True):
            for statement in statements:
                conn.execute(statement.encode())
            assert_caches_exact(conn)
            assert conn.execute("SELECT key FROM pgcache.dirty").fetchall() == []
            # What was open is closed: another statement counts by itself.
            conn.execute("INSERT INTO entry VALUES (1, 1, 100), (1, 9, 100)")
            assert_caches_exact(conn)


@pytest.mark.parametrize("mode", ["immediate", "nowait"])
@pytest.mark.parametrize("within", [True, False])
def test_a_target_row_appears_where_no_statement_is_noted(conn: Connection, mode: str, within: bool) -> None:
    """In the apply worker of logical replication: what is added to it once more is off, but marked."""
    make_accounts(conn, mode, "row", within=within)
    conn.execute("ALTER TABLE account ENABLE ALWAYS TRIGGER meddle")
    conn.execute("INSERT INTO entry VALUES (0, 1, 7)")
    conn.execute("DELETE FROM account WHERE id = 9")
    conn.execute("SET session_replication_role = replica")
    conn.execute("UPDATE entry SET account = 9")
    conn.execute("RESET session_replication_role")
    wrong = conn.execute("SELECT account.id FROM account WHERE balance <> " + SUM).fetchall()
    assert wrong == [(9,)]
    assert set(wrong) == set(conn.execute("SELECT (key ->> 'id')::integer FROM pgcache.dirty"))
    conn.execute("SELECT pgcache.refresh('balance')")
    assert_caches_exact(conn)

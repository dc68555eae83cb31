"""pgcache doctor: each thing that can make drift is found, and its remedy makes doctor silent about it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from pgcache.config import loads
from pgcache.doctor import examine
from pgcache.migrate import migrate
from tests.conftest import Clone

DECLARATION = loads(
    """
version = 1
[[cache]]
name = "balance"
target = "account"
key = ["id"]
  [[cache.source]]
  table = "entry"
  key = ["account"]
  values = { balance = "amount" }
""",
    "pgcache.toml",
)

TABLES = """
CREATE TABLE account (id integer PRIMARY KEY, balance numeric NOT NULL DEFAULT 0);
CREATE TABLE entry (account integer REFERENCES account, amount numeric, day date) PARTITION BY RANGE (day);
CREATE TABLE entry_2024 PARTITION OF entry FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE INDEX ON entry (account);
INSERT INTO account VALUES (1);
"""


def build(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(TABLES)
        migrate(conn, DECLARATION)


@pytest.fixture
def dsn(clone: Clone) -> str:
    return clone("doctor", build)


def complaints(conn: psycopg.Connection[Any]) -> list[str]:
    return [finding.what for finding in examine(conn, DECLARATION)]


def test_nothing_to_find(conn: psycopg.Connection[Any]) -> None:
    assert examine(conn, DECLARATION) == []


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ("ALTER TABLE entry DISABLE TRIGGER pgcache_balance_s1_insert", "it was changed in the database"),
        ("DROP TRIGGER pgcache_balance_s1_delete ON entry_2024", "it is missing in the database"),
        (
            "CREATE OR REPLACE FUNCTION pgcache.balance_s1_insert() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
            "it was changed in the database",
        ),
        (
            "CREATE TABLE entry_2025 PARTITION OF entry FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
            "entry_2025",
        ),
        ("ALTER TABLE entry DROP CONSTRAINT entry_account_fkey", "balance_appearing"),
        ("ALTER TABLE account RENAME balance TO total", "has no column 'balance'"),
    ],
)
def test_what_a_migration_mends(conn: psycopg.Connection[Any], damage: str, complaint: str) -> None:
    conn.execute(damage.encode())
    findings = examine(conn, DECLARATION)
    assert any(complaint in finding.what for finding in findings)
    if "RENAME" not in damage:
        assert {finding.mend for finding in findings} == {"pgcache migrate"}
        migrate(conn, DECLARATION)
        assert complaints(conn) == []


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ("DROP INDEX entry_account_idx", 'has no index on ("account")'),
        (
            "ALTER DATABASE {database} SET session_replication_role = 'replica'",
            "run with session_replication_role = replica, in which triggers do not fire",
        ),
    ],
)
def test_what_a_statement_mends(conn: psycopg.Connection[Any], damage: str, complaint: str) -> None:
    conn.execute(damage.format(database=f'"{conn.info.dbname}"').encode())
    (finding,) = examine(conn, DECLARATION)
    assert complaint in finding.what
    conn.execute(finding.mend.encode())
    assert complaints(conn) == []


def test_an_interrupted_reconcile_and_dirty_keys(conn: psycopg.Connection[Any]) -> None:
    conn.execute("INSERT INTO pgcache.dirty (cache, key) VALUES ('balance', '{\"id\": \"1\"}')")
    conn.execute("INSERT INTO pgcache.run (id, cache, kind) VALUES (nextval('pgcache.run_id'), 'balance', 'reconcile')")
    found = complaints(conn)
    assert len(found) == 2
    assert "1 key(s) of cache balance are dirty" in found[0]
    assert "was interrupted" in found[1]
    conn.execute("SELECT pgcache.reconcile('balance')")
    assert complaints(conn) == []


def test_functions_whose_owner_lost_its_rights(conn: psycopg.Connection[Any]) -> None:
    conn.execute("CREATE ROLE pgcache_weak")
    try:
        conn.execute("ALTER FUNCTION pgcache.balance_compare() OWNER TO pgcache_weak")
        conn.execute("ALTER TABLE account ENABLE ROW LEVEL SECURITY; GRANT SELECT ON entry TO pgcache_weak")
        findings = [finding for finding in examine(conn, DECLARATION) if "belong to" in finding.what]
        assert [finding.mend for finding in findings] == [
            "ALTER ROLE pgcache_weak BYPASSRLS",
            'GRANT SELECT ON "public"."account" TO pgcache_weak',
            'GRANT UPDATE ON "public"."account" TO pgcache_weak',
        ]
        for finding in findings:
            conn.execute(finding.mend.encode())
        assert not any("belong to" in what for what in complaints(conn))
    finally:
        conn.execute("DROP OWNED BY pgcache_weak CASCADE; DROP ROLE pgcache_weak")


def test_what_waits_for_a_decision(conn: psycopg.Connection[Any]) -> None:
    with conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute("UPDATE account SET balance = 5")
    conn.execute("SELECT pgcache.reconcile('balance', 0, 'review')")
    (finding,) = examine(conn, DECLARATION)
    assert finding.what == "1 drift(s) of cache balance wait for somebody to approve or reject them"
    assert finding.mend == "pgcache drift list --cache balance --status pending_review"
    conn.execute("SELECT pgcache.approve(id) FROM pgcache.drift")
    assert complaints(conn) == []


def test_a_source_that_a_crash_empties(conn: psycopg.Connection[Any]) -> None:
    declaration = loads(DECLARATION.text.replace('table = "entry"', 'table = "note"'), "pgcache.toml")
    conn.execute("CREATE UNLOGGED TABLE note (account integer, amount numeric); CREATE INDEX ON note (account)")
    migrate(conn, declaration)
    (finding,) = examine(conn, declaration)
    assert (
        finding.what == 'table "public"."note" is unlogged: a crash of the server empties it, and no trigger sees that'
    )
    conn.execute(finding.mend.encode())
    assert examine(conn, declaration) == []


def test_who_may_write_a_table_that_nothing_guards(conn: psycopg.Connection[Any]) -> None:
    text = DECLARATION.text.replace('target = "account"', 'target = { table = "total", create = true }')
    declaration = loads(text, "pgcache.toml")
    migrate(conn, declaration)
    conn.execute("GRANT SELECT, UPDATE, INSERT ON total TO PUBLIC; GRANT SELECT ON total TO pg_monitor")
    (finding,) = examine(conn, declaration)
    assert finding.what == 'everybody may write table "public"."total", which pgcache keeps and does not guard'
    assert finding.mend == 'REVOKE INSERT, UPDATE ON "public"."total" FROM PUBLIC'
    conn.execute(finding.mend.encode())
    assert examine(conn, declaration) == []


def test_a_source_that_logical_replication_fills(conn: psycopg.Connection[Any]) -> None:
    conn.execute("CREATE SUBSCRIPTION feed CONNECTION 'dbname=nowhere' PUBLICATION books WITH (connect = false)")
    try:
        conn.execute("SET allow_system_table_mods = on")
        conn.execute(
            "INSERT INTO pg_subscription_rel SELECT s.oid, 'entry'::regclass, 'r', NULL FROM pg_subscription AS s "
            "WHERE s.subname = 'feed'"
        )
        (finding,) = examine(conn, DECLARATION)
        assert finding.what == (
            'subscription feed fills table "public"."entry" of cache balance: '
            "logical replication fires row triggers alone"
        )
        by_row = loads(DECLARATION.text.replace('key = ["id"]', 'key = ["id"]\ntriggers = "row"'), "pgcache.toml")
        migrate(conn, by_row)
        assert examine(conn, by_row) == []
    finally:
        conn.execute("ALTER SUBSCRIPTION feed SET (slot_name = NONE)")
        conn.execute("DROP SUBSCRIPTION feed")

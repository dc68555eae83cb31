"""Row-level security: writers see their own tenant alone, and the caches of all are exact and told to nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from pgcache.config import loads
from pgcache.errors import DeclarationError
from pgcache.migrate import migrate
from tests.conftest import Server

TABLES = """
CREATE TABLE account (
    tenant text NOT NULL DEFAULT current_user, id integer, balance numeric DEFAULT 0, PRIMARY KEY (tenant, id));
CREATE TABLE entry (tenant text NOT NULL DEFAULT current_user, account integer, label text, amount numeric);
CREATE TABLE budget (
    tenant text NOT NULL DEFAULT current_user, id integer, spent numeric DEFAULT 0, PRIMARY KEY (tenant, id));
CREATE TABLE budget_label (tenant text NOT NULL DEFAULT current_user, budget integer, label text);
"""

DECLARATION = """
version = 1
[[cache]]
name = "balance"
target = "account"
key = ["tenant", "id"]
rpc = "recompute_balance"
  [[cache.source]]
  table = "entry"
  key = ["tenant", "account"]
  values = { balance = "amount" }
[[cache]]
name = "spent"
target = "budget"
key = ["tenant", "id"]
  [[cache.source]]
  table = "entry"
  through = { table = "budget_label", on = { tenant = "tenant", label = "label" }, key = ["tenant", "budget"] }
  values = { spent = "amount" }
"""

RELATIONS = ("account", "entry", "budget", "budget_label")
ROLES = ("pgcache_ann", "pgcache_bob", "pgcache_owner")


@pytest.fixture
def roles(server: Server) -> Iterator[None]:
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        for role in ROLES:
            admin.execute(f"CREATE ROLE {role}")
        yield
        for role in ROLES:
            admin.execute(f"DROP ROLE {role}")


@pytest.fixture
def tenants(conn: psycopg.Connection[Any], roles: None) -> Iterator[psycopg.Connection[Any]]:
    """Two tenants, neither of whom may do anything but write and read rows of their own."""
    name = conn.info.dbname
    conn.execute(
        f'GRANT CREATE, TEMPORARY ON DATABASE "{name}" TO pgcache_owner; GRANT ALL ON SCHEMA public TO pgcache_owner'
    )
    conn.execute("SET ROLE pgcache_owner")
    conn.execute(TABLES)
    for relation in RELATIONS:
        conn.execute(
            f"ALTER TABLE {relation} ENABLE ROW LEVEL SECURITY;"
            f"CREATE POLICY own ON {relation} USING (tenant = current_user);"
            f"GRANT SELECT, INSERT, DELETE ON {relation} TO pgcache_ann, pgcache_bob"
        )
    conn.execute("GRANT UPDATE ON entry, budget_label TO pgcache_ann, pgcache_bob")
    migrate(conn, loads(DECLARATION, "pgcache.toml"))
    yield conn
    conn.execute("RESET ROLE; DROP OWNED BY pgcache_ann, pgcache_bob, pgcache_owner CASCADE")


def as_tenant(conn: psycopg.Connection[Any], role: str, *statements: str) -> None:
    conn.execute(f"SET ROLE {role}")
    for statement in statements:
        conn.execute(statement.encode())
    conn.execute("SET ROLE pgcache_owner")


def test_writers_that_see_their_own_rows_alone(tenants: psycopg.Connection[Any]) -> None:
    for role, amount in (("pgcache_ann", 10), ("pgcache_bob", 70)):
        as_tenant(
            tenants,
            role,
            "INSERT INTO account (id) VALUES (1)",
            "INSERT INTO budget (id) VALUES (1)",
            f"INSERT INTO entry (account, label, amount) VALUES (1, 'food', {amount}), (1, 'fun', 1)",
            "INSERT INTO budget_label (budget, label) VALUES (1, 'food')",
            "UPDATE entry SET amount = amount + 1",
            "UPDATE budget_label SET label = 'fun'",
        )
    assert tenants.execute("SELECT tenant, balance FROM account ORDER BY 1").fetchall() == [
        ("pgcache_ann", 13),
        ("pgcache_bob", 73),
    ]
    assert tenants.execute("SELECT tenant, spent FROM budget ORDER BY 1").fetchall() == [
        ("pgcache_ann", 2),
        ("pgcache_bob", 2),
    ]
    assert tenants.execute("SELECT FROM pgcache.compare('balance')").rowcount == 0
    assert tenants.execute("SELECT FROM pgcache.compare('spent')").rowcount == 0


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM pgcache.balance",
        "SELECT * FROM pgcache.drift",
        "SELECT * FROM pgcache.status()",
        "SELECT recompute_balance('pgcache_bob', 1)",
        "SELECT pgcache.recompute('balance', 'pgcache_bob', '1')",
        "SELECT pgcache.balance_sum('pgcache_bob', 1)",
        "SELECT * FROM pgcache.compare('balance')",
        "UPDATE account SET balance = 0",
    ],
)
def test_a_tenant_reads_nothing_through_pgcache(tenants: psycopg.Connection[Any], statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_tenant(tenants, "pgcache_ann", statement)


def test_a_role_that_does_not_see_every_row_may_not_migrate(tenants: psycopg.Connection[Any]) -> None:
    tenants.execute("ALTER TABLE entry FORCE ROW LEVEL SECURITY")
    with pytest.raises(DeclarationError, match=r"row-level security hides rows of public\.entry from the current role"):
        migrate(tenants, loads(DECLARATION, "pgcache.toml"))

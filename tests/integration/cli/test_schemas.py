"""One schema for each tenant: the declaration is repeated in those that --schema names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from pgcache.cli import cli

DECLARATION = """
version = 1
[[cache]]
name = "balance"
target = "account"
key = ["id"]
rpc = "recompute_balance"
  [[cache.source]]
  table = "entry"
  key = ["account"]
  where = "{where}"
  values = { balance = "amount * 2" }
"""


@pytest.fixture
def tenants(conn: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    for schema in ("tenant_a", "tenant_b", "Other"):
        conn.execute(
            f'CREATE SCHEMA "{schema}"; SET search_path = "{schema}";'
            "CREATE TABLE account (id integer PRIMARY KEY, balance numeric NOT NULL DEFAULT 0);"
            "CREATE TABLE entry (account integer REFERENCES account, amount numeric);"
            "CREATE INDEX ON entry (account); INSERT INTO account VALUES (1); RESET search_path"
        )
    return conn


class Pgcache:
    def __init__(self, dsn: str, file: Path) -> None:
        self.arguments = ["--dsn", dsn, "--config", str(file)]
        self.file = file
        self.declare("true")

    def declare(self, where: str) -> None:
        self.file.write_text(DECLARATION.replace("{where}", where))

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, [*self.arguments, *arguments])


@pytest.fixture
def pgcache(dsn: str, tmp_path: Path) -> Pgcache:
    return Pgcache(dsn, tmp_path / "pgcache.toml")


def balances(conn: psycopg.Connection[Any]) -> list[Any]:
    found = []
    for schema in ("tenant_a", "tenant_b", "Other"):
        conn.execute(f'INSERT INTO "{schema}".entry VALUES (1, 1)')
        found += [row[0] for row in conn.execute(f'SELECT balance FROM "{schema}".account')]
    return found


def test_a_pattern_and_a_name(tenants: psycopg.Connection[Any], pgcache: Pgcache) -> None:
    assert pgcache("migrate", "--schema", "tenant_*").exit_code == 0
    assert balances(tenants) == [2, 2, 0]
    assert pgcache("migrate", "--schema", "Other").exit_code == 0
    assert balances(tenants) == [4, 4, 4]
    assert pgcache("plan", "--schema", "tenant_?", "--schema", "Other").exit_code == 0
    names = tenants.execute("SELECT name FROM pgcache.cache ORDER BY 1").fetchall()
    assert names == [("Other.balance",), ("tenant_a.balance",), ("tenant_b.balance",)]
    assert tenants.execute('SELECT "Other".recompute_balance(1), tenant_a.recompute_balance(1)').fetchone() == (4, 4)


def test_other_schemas_are_left_alone(tenants: psycopg.Connection[Any], pgcache: Pgcache) -> None:
    pgcache("migrate", "--schema", "tenant_*", "--schema", "Other")
    pgcache.declare("amount > 1")
    assert pgcache("migrate", "--schema", "tenant_a", "--prune").exit_code == 0
    assert balances(tenants) == [0, 2, 2]
    assert "not declared" not in pgcache("plan", "--schema", "tenant_a").output


def test_a_schema_that_is_not_there(tenants: psycopg.Connection[Any], pgcache: Pgcache) -> None:
    result = pgcache("plan", "--schema", "nobody_*")
    assert result.exit_code == 2
    assert "--schema nobody_*: no schema of this database has such a name" in result.output


def test_reconcile_by_table_covers_every_schema(tenants: psycopg.Connection[Any], pgcache: Pgcache) -> None:
    pgcache("migrate", "--schema", "tenant_*")
    result = pgcache("reconcile", "--model", "account")
    assert result.exit_code == 0
    assert "tenant_a.balance" in result.output
    assert "tenant_b.balance" in result.output

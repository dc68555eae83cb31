"""A suite that uses pytest-postgresql: caches in its template database, and an assertion in its tests."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from pytest_postgresql import factories

from pgcache import config, migrate, resources
from pgcache.testing import assert_caches_exact
from tests.conftest import Server


@dataclass(frozen=True)
class RunningServer:
    """What pytest-postgresql asks of the fixture that its own depends on."""

    host: str
    port: int
    user: str
    password: str
    options: str = ""
    maintenance_dbname: str = "postgres"
    template_dbname: str = "template1"


@pytest.fixture(scope="session")
def running_server(server: Server) -> RunningServer:
    with psycopg.connect(server.dsn()) as conn:
        return RunningServer(conn.info.host, conn.info.port, conn.info.user, conn.info.password)


def load_caches(**settings: Any) -> None:
    """Fill the template: the tables of the application, and its caches."""
    declaration = config.load(resources.path("sql", "presets", "finance", "pgcache.toml"))
    with psycopg.connect(**settings | {"autocommit": True}) as conn:
        migrate.migrate(conn, declaration, with_tables=True)


template = factories.postgresql_noproc(
    depends_on="running_server", dbname=f"pgcache_test_{os.getpid()}_ledger", load=[load_caches]
)
ledger = factories.postgresql("template")


@pytest.mark.parametrize("number", [1, 2])
def test_each_test_begins_with_empty_and_exact_caches(ledger: psycopg.Connection[Any], number: int) -> None:
    assert ledger.execute("SELECT count(*) FROM account").fetchone() == (0,)
    ledger.execute("INSERT INTO account (name) VALUES ('Everyday')")
    ledger.execute("INSERT INTO transaction (account_id, flow_type, amount) SELECT id, 'income', 30 FROM account")
    assert ledger.execute("SELECT cached_balance FROM account").fetchone() == (30,)
    assert_caches_exact(ledger)
    ledger.commit()
    assert_caches_exact(ledger, "account_balance")


def test_a_test_that_goes_behind_the_triggers_fails(ledger: psycopg.Connection[Any]) -> None:
    ledger.execute("INSERT INTO account (name) VALUES ('Everyday')")
    ledger.execute("SET session_replication_role = replica")
    ledger.execute("INSERT INTO transaction (account_id, flow_type, amount) SELECT id, 'income', 30 FROM account")
    with pytest.raises(AssertionError, match=r"cached_balance is 0.00, but its history adds up to 30.00"):
        assert_caches_exact(ledger)

"""The official image of PostgreSQL in a container, by testcontainers: skipped where there is no Docker."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from docker.errors import DockerException  # type: ignore[import-untyped]
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.docker_client import DockerClient

from pgcache.reconcile import Report, caches_of, reconcile
from pgcache.testing import assert_caches_exact
from tests.integration.finance.household import CACHES, Household, migrate_finance

# What the libraries of Docker warn of is not for these tests to judge.
pytestmark = pytest.mark.filterwarnings("default")

PROBE_SECONDS = 0.5


def missing() -> str | None:
    """Why there is no Docker; nothing where there is one."""
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        try:
            DockerClient(timeout=PROBE_SECONDS).client.close()
            reason = None
        except DockerException as error:
            reason = str(error)
        gc.collect()  # The client forgets the socket on which nobody answered.
    return reason


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server of its own, as a user of testcontainers starts it."""
    reason = missing()
    if reason:
        pytest.skip(f"there is no Docker: {reason}")
    with PostgresContainer("postgres:16", driver=None) as container:
        yield container.get_connection_url()


def look(conn: psycopg.Connection[Any]) -> Report:
    return reconcile(conn, caches_of(conn))


def test_the_finance_preset_in_a_container(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        migrate_finance(conn)
        home = Household(conn)
        home.expect()
        conn.execute("UPDATE transaction SET amount = amount + 2 WHERE amount = 40")
        conn.execute("UPDATE transaction SET deleted_at = now() WHERE amount = 15")
        conn.execute("DELETE FROM transaction WHERE amount = 25")
        home.expect(everyday=1063, june=42, year=42)
        assert_caches_exact(conn)
        assert [(result.cache, result.drifted) for result in look(conn).caches] == [(cache, 0) for cache in CACHES]

        with conn.transaction():
            conn.execute("SET LOCAL session_replication_role = replica")
            conn.execute("UPDATE account SET cached_balance = cached_balance - 1")
        (account, budget) = look(conn).caches
        assert (account.drifted, account.corrected, account.max_abs_drift) == (2, 2, Decimal(1))
        assert budget.drifted == 0
        assert_caches_exact(conn)

"""pg_dump and pg_restore: the whole database, its data alone, its schema alone."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from pgcache import config, resources
from pgcache.errors import PgcacheError
from pgcache.plan import make_plan
from pgcache.reconcile import caches_of, reconcile
from tests.conftest import Clone, Databases
from tests.integration.finance.household import CACHES, Household, migrate_finance
from tests.support import client

FINANCE = config.load(resources.path("sql", "presets", "finance", "pgcache.toml"))


def _install(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        migrate_finance(conn)
        Household(conn)


@pytest.fixture
def original(clone: Clone) -> str:
    return clone("a household", _install)


@pytest.fixture
def other(databases: Databases) -> Iterator[str]:
    name = databases.create()
    yield databases.server.dsn(name)
    databases.drop(name)


def copy(original: str, other: str, *options: str, restoring: tuple[str, ...] = ()) -> None:
    """Dump a database and restore it into another one, which has nothing of it yet."""
    dumped = subprocess.run(
        [client("pg_dump", as_new=True), "-Fc", *options, original], capture_output=True, check=False
    )
    assert dumped.returncode == 0, dumped.stderr.decode()
    restored = subprocess.run(
        [client("pg_restore", as_new=True), "--exit-on-error", *restoring, "--dbname", other],
        input=dumped.stdout,
        capture_output=True,
        check=False,
    )
    assert restored.returncode == 0, restored.stderr.decode()


def goes_on(other: str) -> None:
    """The caches of a copy are exact, known to pgcache, and stay exact."""
    with closing(psycopg.connect(other, autocommit=True)) as conn:
        home = Household(conn, there=True)
        home.expect()
        assert make_plan(conn, FINANCE).empty
        home.run("UPDATE transaction SET amount = amount + 2 WHERE id = %(groceries)s")
        home.run("DELETE FROM budget_category WHERE budget_id = %(june)s")
        home.expect(everyday=1023, june=0, year=82)
        report = reconcile(conn, caches_of(conn))
        assert [(result.cache, result.drifted) for result in report.caches] == [(cache, 0) for cache in CACHES]


def test_whole(original: str, other: str) -> None:
    """The triggers come after the data, so nothing counts twice."""
    copy(original, other)
    goes_on(other)


def test_the_data_alone(original: str, other: str) -> None:
    """Into a database that migrate has prepared: what is loaded counts as it comes."""
    with closing(psycopg.connect(other, autocommit=True)) as conn:
        migrate_finance(conn)
    copy(original, other, "--data-only", "--exclude-schema=pgcache")
    goes_on(other)


def test_the_data_alone_past_the_triggers(original: str, other: str) -> None:
    """The cached columns are data too: what was exact is."""
    with closing(psycopg.connect(other, autocommit=True)) as conn:
        migrate_finance(conn)
    copy(original, other, "--data-only", "--exclude-schema=pgcache", restoring=("--disable-triggers",))
    goes_on(other)


def test_the_schema_alone(original: str, other: str) -> None:
    """Without the rows of pgcache's own tables nothing is known to be installed: migrate says so, and what to do."""
    copy(original, other, "--schema-only")
    with closing(psycopg.connect(other, autocommit=True)) as conn:
        with pytest.raises(PgcacheError, match=r"without their rows.*DROP SCHEMA pgcache CASCADE"):
            migrate_finance(conn)
        conn.execute("DROP SCHEMA pgcache CASCADE")
        migrate_finance(conn)
        Household(conn)
    goes_on(other)

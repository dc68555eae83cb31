"""The command line in a directory of its own, on a database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pgcache import config, migrate, resources
from tests.conftest import Databases
from tests.integration.cli.pgcache import Pgcache


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands run, away from the settings of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PGCACHE_CONFIG", raising=False)
    monkeypatch.delenv("PGCACHE_DSN", raising=False)
    return tmp_path


def _install(dsn: str) -> None:
    declaration = config.load(resources.path("sql", "presets", "finance", "pgcache.toml"))
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("SET client_min_messages = warning")
        migrate.migrate(conn, declaration, with_tables=True)
        conn.execute(resources.sql("presets", "finance", "example.sql").encode())


def _pgcache(dsn: str, directory: Path) -> Iterator[Pgcache]:
    with psycopg.connect(dsn, autocommit=True) as conn:
        yield Pgcache(dsn, directory, conn)


@pytest.fixture
def pgcache(dsn: str, directory: Path) -> Iterator[Pgcache]:
    """The commands on an empty database."""
    yield from _pgcache(dsn, directory)


@pytest.fixture
def finance(clone: Callable[[str, Callable[[str], None]], str], directory: Path) -> Iterator[Pgcache]:
    """The commands on a database that holds the finance preset and its example."""
    for commands in _pgcache(clone("finance with example", _install), directory):
        commands("init", "finance")
        yield commands


@pytest.fixture
def household(finance: Pgcache) -> psycopg.Connection[Any]:
    """A connection to the database of `finance`."""
    return finance.conn


@pytest.fixture
def by_script(databases: Databases) -> Iterator[str]:
    """Another empty database, for psql."""
    name = databases.create()
    yield databases.server.dsn(name)
    databases.drop(name)

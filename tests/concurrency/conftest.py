"""A stage for each test: the finance preset, the household, and as many sessions as the test asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest

from pgcache import migrate, presets, resources
from pgcache.config import loads
from tests.concurrency.stage import Stage
from tests.integration.finance.household import Household, migrate_finance

Clone = Callable[[str, Callable[[str], None]], str]


def _tables(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(resources.sql("presets", "finance", "tables.sql").encode())


def _install(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        migrate_finance(conn)


def _install_nowait(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        migrate_finance(conn, "nowait")


def _install_monthly_nowait(dsn: str) -> None:
    declaration = loads(presets.declaration(["monthly"]), "pgcache.toml")
    caches = tuple(replace(cache, mode="nowait") for cache in declaration.caches)
    with psycopg.connect(dsn, autocommit=True) as conn:
        migrate.migrate(conn, replace(declaration, caches=caches), with_tables=True)
        Household(conn)
        conn.execute("DELETE FROM transaction")
        conn.execute("DELETE FROM account_month")


def _install_and_fill(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        migrate_finance(conn)
        Household(conn).expect()


@contextmanager
def _staged(dsn: str, *, there: bool) -> Iterator[Stage]:
    with psycopg.connect(dsn, autocommit=True) as watcher:
        stage = Stage(dsn, Household(watcher, there=there))
        try:
            yield stage
        finally:
            stage.close()


@pytest.fixture
def finance_dsn(clone: Clone) -> str:
    """A database with the finance preset, and no rows."""
    return clone("finance", _install)


@pytest.fixture
def nowait_dsn(clone: Clone) -> str:
    """A database with the finance preset in mode nowait, and no rows."""
    return clone("finance nowait", _install_nowait)


@pytest.fixture
def tables_dsn(clone: Clone) -> str:
    """A database with the tables of the finance preset, without pgcache."""
    return clone("finance tables", _tables)


@pytest.fixture
def stage(clone: Clone) -> Iterator[Stage]:
    """The household on the installed finance preset, exact at the start."""
    with _staged(clone("household", _install_and_fill), there=True) as stage:
        yield stage


@pytest.fixture
def nowait_stage(nowait_dsn: str) -> Iterator[Stage]:
    """The household on the finance preset in mode nowait, exact at the start."""
    with _staged(nowait_dsn, there=False) as stage:
        stage.home.expect()
        yield stage


@pytest.fixture
def monthly_stage(clone: Clone) -> Iterator[Stage]:
    """The tables of the household, without rows that count, and the preset monthly in mode nowait."""
    with _staged(clone("monthly nowait", _install_monthly_nowait), there=True) as stage:
        yield stage


@pytest.fixture
def bare_stage(tables_dsn: str) -> Iterator[Stage]:
    """The household on the tables of the finance preset, without pgcache."""
    with _staged(tables_dsn, there=False) as stage:
        yield stage

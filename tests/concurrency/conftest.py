"""A stage for each test: the finance preset, the household, and as many sessions as the test asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from pgcache import resources
from tests.concurrency.stage import Stage
from tests.integration.finance.household import Household, migrate_finance

Clone = Callable[[str, Callable[[str], None]], str]


def _tables(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(resources.sql("presets", "finance", "tables.sql").encode())


def _install(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        migrate_finance(conn)


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
def tables_dsn(clone: Clone) -> str:
    """A database with the tables of the finance preset, without pgcache."""
    return clone("finance tables", _tables)


@pytest.fixture
def stage(clone: Clone) -> Iterator[Stage]:
    """The household on the installed finance preset, exact at the start."""
    with _staged(clone("household", _install_and_fill), there=True) as stage:
        yield stage


@pytest.fixture
def bare_stage(tables_dsn: str) -> Iterator[Stage]:
    """The household on the tables of the finance preset, without pgcache."""
    with _staged(tables_dsn, there=False) as stage:
        yield stage

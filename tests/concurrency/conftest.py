"""A stage for each test: the finance preset, the household, and as many sessions as the test asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from pgcache import config, migrate, resources
from tests.concurrency.stage import Stage
from tests.integration.finance.household import Household

Clone = Callable[[str, Callable[[str], None]], str]


def _install(dsn: str) -> None:
    declaration = config.load(resources.path("sql", "presets", "finance", "pgcache.toml"))
    with psycopg.connect(dsn, autocommit=True) as conn:
        migrate.migrate(conn, declaration, with_tables=True)


@pytest.fixture
def stage(clone: Clone) -> Iterator[Stage]:
    """The household on the installed finance preset, exact at the start."""
    dsn = clone("finance", _install)
    with psycopg.connect(dsn, autocommit=True) as watcher:
        stage = Stage(dsn, Household(watcher))
        stage.home.expect()
        yield stage
        stage.close()

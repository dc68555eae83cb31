"""The preset monthly with months that can be closed, as `pgcache migrate --with-tables` sets it up, in June 2025."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from pgcache import presets
from pgcache.config import loads
from pgcache.migrate import migrate
from pgcache.model import Declaration
from tests.conftest import Clone
from tests.integration.monthly.books import Books


def declared(*names: str) -> Declaration:
    text = presets.declaration(names)
    assert "  # closing = " in text
    return loads(text.replace("  # closing = ", "  closing = "), "pgcache.toml")


def _install(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        migrate(conn, declared("monthly"), with_tables=True)


@pytest.fixture
def monthly(clone: Clone) -> Iterator[psycopg.Connection[Any]]:
    """A connection (autocommit) to a database of its own that holds the preset and no rows."""
    with psycopg.connect(clone("monthly", _install), autocommit=True) as conn:
        yield conn


@pytest.fixture
def books(monthly: psycopg.Connection[Any]) -> Books:
    """Three accounts, one of them without rows, exact at the start."""
    books = Books(monthly)
    books.exact()
    return books

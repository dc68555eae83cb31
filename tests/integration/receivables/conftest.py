"""The preset receivables, in June 2025."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from pgcache import presets
from pgcache.config import loads
from pgcache.migrate import migrate
from tests.conftest import Clone
from tests.integration.receivables.practice import Practice


def _install(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        migrate(conn, loads(presets.declaration(["receivables"]), "pgcache.toml"), with_tables=True)


@pytest.fixture
def receivables(clone: Clone) -> Iterator[psycopg.Connection[Any]]:
    """A connection (autocommit) to a database of its own that holds the preset and no rows."""
    with psycopg.connect(clone("receivables", _install), autocommit=True) as conn:
        yield conn


@pytest.fixture
def practice(receivables: psycopg.Connection[Any]) -> Practice:
    """Three accounts that owe nothing."""
    return Practice(receivables)

"""The office, with and without its deferred cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.conftest import Clone
from tests.integration.deferred.office import Office, build, build_tables


@pytest.fixture
def office(clone: Clone) -> Iterator[Office]:
    """The office, exact on 15 June 2025."""
    with psycopg.connect(clone("office", build), autocommit=True) as conn:
        office = Office(conn)
        office.exact()
        yield office


@pytest.fixture
def tables(clone: Clone) -> Iterator[psycopg.Connection[Any]]:
    """The tables of the office on 15 June 2025, without pgcache."""
    with psycopg.connect(clone("office tables", build_tables), autocommit=True) as conn:
        conn.execute("SET pgcache.today = '2025-06-15'")
        yield conn

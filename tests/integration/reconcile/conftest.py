"""The caches of `books`, exact or damaged."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.conftest import Clone
from tests.integration.reconcile.books import Connection, build, damage


@pytest.fixture
def books_dsn(clone: Clone) -> str:
    return clone("books of reconcile", build)


@pytest.fixture
def books(books_dsn: str) -> Iterator[Connection]:
    with psycopg.connect(books_dsn, autocommit=True) as conn:
        yield conn


@pytest.fixture
def damaged(books: Connection) -> Connection:
    damage(books)
    return books

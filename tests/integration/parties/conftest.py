"""The parties preset, as `pgcache migrate --with-tables` sets it up, and a bakery in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.integration.cli.pgcache import Pgcache
from tests.integration.parties.bakery import Bakery, migrate_parties


def _install(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        migrate_parties(conn)


@pytest.fixture
def parties_dsn(clone: Callable[[str, Callable[[str], None]], str]) -> str:
    """The connection string of a database that holds the parties preset and no rows."""
    return clone("parties", _install)


@pytest.fixture
def parties(parties_dsn: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection (autocommit) to the database of `parties_dsn`."""
    with psycopg.connect(parties_dsn, autocommit=True) as conn:
        yield conn


@pytest.fixture
def bakery(parties: psycopg.Connection[tuple[Any, ...]]) -> Bakery:
    """The bakery, exact at the start."""
    bakery = Bakery(parties)
    bakery.expect()
    return bakery


@pytest.fixture
def pgcache(
    parties_dsn: str,
    parties: psycopg.Connection[tuple[Any, ...]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Pgcache:
    """The command line in a directory of its own, on the database of `bakery`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PGCACHE_CONFIG", raising=False)
    return Pgcache(parties_dsn, tmp_path, parties)

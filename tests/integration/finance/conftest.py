"""The finance preset, as `pgcache migrate --with-tables` sets it up, and a household in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests.integration.finance.household import Household, migrate_finance


def _install(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        migrate_finance(conn)


def _install_nowait(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        migrate_finance(conn, "nowait")


@pytest.fixture(params=["immediate", "nowait"])
def finance(
    clone: Callable[[str, Callable[[str], None]], str], request: pytest.FixtureRequest
) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection (autocommit) to a database of its own that holds the finance preset and no rows."""
    install = _install_nowait if request.param == "nowait" else _install
    with psycopg.connect(clone(f"finance {request.param}", install), autocommit=True) as conn:
        yield conn


@pytest.fixture
def home(finance: psycopg.Connection[tuple[Any, ...]]) -> Household:
    """The household, exact at the start."""
    household = Household(finance)
    household.expect()
    return household

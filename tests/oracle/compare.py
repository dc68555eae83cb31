"""The oracle: cached and computed, compared by SQL that shares nothing with the engine.

Each <cache>.sql here is one statement, and so one snapshot: what is cached, what the history says, and
`EXCEPT ALL` both ways. It yields rows (key, measure, side, value), none where the cache is exact. In mode nowait, the
view of the cache takes the place of its target: that is what has to be exact there.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import tuple_row

_HERE = Path(__file__).parent

# The first table that the oracle of a cache reads is its target.
_TARGET = re.compile(r"(?<=\n    )FROM \w+")


def differences(conn: psycopg.Connection[Any], cache: str, *, plain: bool = False) -> list[str]:
    """Compare one cache with its history.

    Parameters
    ----------
    conn:
        Any connection that may read the tables, in any transaction state.
    cache:
        The name of a SQL file in this folder.
    plain:
        Look at the target itself also in mode nowait, where it has to be exact if nothing is pending.

    Returns
    -------
    One line for each key and measure that differs, with both values.
    """
    query = of_target(cache) if plain else oracle(conn, cache)
    sides: dict[tuple[str, str], dict[str, object]] = {}
    with conn.cursor(row_factory=tuple_row) as cursor:
        for key, measure, side, value in cursor.execute(query):
            sides.setdefault((key, measure), {})[side] = value
    return [
        f"{cache} {key}: {measure} cached {values.get('cached', 'no row')}, computed {values.get('computed', 'no row')}"
        for (key, measure), values in sides.items()
    ]


def oracle(conn: psycopg.Connection[Any], cache: str) -> str:
    """The statement that compares one cache with its history."""
    query = of_target(cache)
    return of_view(query, cache) if is_nowait(conn, cache) else query


def of_target(cache: str) -> str:
    """The oracle that looks at the cached columns themselves."""
    return (_HERE / f"{cache}.sql").read_text(encoding="utf-8")


def of_view(query: str, cache: str) -> str:
    """An oracle that looks at the view of its cache."""
    return _TARGET.sub(f"FROM pgcache.{cache}", query, count=1)


def is_nowait(conn: psycopg.Connection[Any], cache: str) -> bool:
    """Whether a cache is installed in mode nowait, in which its target may lag behind its view."""
    tables = [f"{cache}_pending", f"{cache}_s1_pending"]
    query = "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'pgcache' AND tablename = ANY (%s))"
    with conn.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(query, (tables,)).fetchone()
    assert row is not None
    return bool(row[0])


def assert_exact(conn: psycopg.Connection[Any], *caches: str, plain: bool = False) -> None:
    """Fail with every key whose cached value is not what its history says."""
    wrong = [line for cache in caches for line in differences(conn, cache, plain=plain)]
    assert not wrong, "\n".join(wrong)

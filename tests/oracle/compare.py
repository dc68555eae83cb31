"""The oracle: cached and computed, compared by SQL that shares nothing with the engine.

Each <cache>.sql here is one statement, and so one snapshot: what is cached, what the history says, and
`EXCEPT ALL` both ways. It yields rows (key, measure, side, value), none where the cache is exact.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import tuple_row

_HERE = Path(__file__).parent


def differences(conn: psycopg.Connection[Any], cache: str) -> list[str]:
    """Compare one cache with its history.

    Parameters
    ----------
    conn:
        Any connection that may read the tables, in any transaction state.
    cache:
        The name of a SQL file in this folder.

    Returns
    -------
    One line for each key and measure that differs, with both values.
    """
    query = (_HERE / f"{cache}.sql").read_text(encoding="utf-8")
    sides: dict[tuple[str, str], dict[str, object]] = {}
    with conn.cursor(row_factory=tuple_row) as cursor:
        for key, measure, side, value in cursor.execute(query):
            sides.setdefault((key, measure), {})[side] = value
    return [
        f"{cache} {key}: {measure} cached {values.get('cached', 'no row')}, computed {values.get('computed', 'no row')}"
        for (key, measure), values in sides.items()
    ]


def assert_exact(conn: psycopg.Connection[Any], *caches: str) -> None:
    """Fail with every key whose cached value is not what its history says."""
    wrong = [line for cache in caches for line in differences(conn, cache)]
    assert not wrong, "\n".join(wrong)

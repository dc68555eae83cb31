"""Runs the catalog queries below sql/queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from pgcache import resources

Row = dict[str, Any]


def rows(conn: psycopg.Connection[Any], name: str, *values: Any) -> list[Row]:
    """All rows of sql/queries/NAME.sql, whose parameters are $1, $2 and so on."""
    with psycopg.RawCursor(conn, row_factory=dict_row) as cursor:
        return cursor.execute(resources.sql("queries", f"{name}.sql").encode(), values or None).fetchall()


def row(conn: psycopg.Connection[Any], name: str, *values: Any) -> Row | None:
    """The first row of sql/queries/NAME.sql, or None."""
    found = rows(conn, name, *values)
    return found[0] if found else None


def value(conn: psycopg.Connection[Any], name: str, *values: Any) -> Any:
    """The first column of the first row of sql/queries/NAME.sql."""
    found = row(conn, name, *values)
    return next(iter(found.values())) if found else None


@contextmanager
def stream(
    conn: psycopg.Connection[Any], name: str, *values: Any, size: int
) -> Iterator[psycopg.RawServerCursor[tuple[Any, ...]]]:
    """The rows of sql/queries/NAME.sql, kept by the server and fetched `size` at a time.

    In autocommit mode they are kept when the statement has ended, so that no snapshot is held meanwhile.
    """
    with psycopg.RawServerCursor(conn, "pgcache_rows", withhold=conn.autocommit) as cursor:
        cursor.itersize = size
        yield cursor.execute(resources.sql("queries", f"{name}.sql").encode(), values)

"""For the tests of applications: an assertion that their caches are exact, which says what made them not so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import psycopg
import sqlalchemy
from psycopg import sql
from psycopg.rows import dict_row

from pgcache import resources
from pgcache.errors import PgcacheError
from pgcache.queries import Row

Connection = psycopg.Connection[Any] | sqlalchemy.Connection
"""Any driver will do under SQLAlchemy."""

KEYS_SHOWN = 10
ROWS_SHOWN = 5


def assert_caches_exact(conn: Connection | sqlalchemy.Engine, *caches: str) -> None:
    """Assert that caches equal what their history adds up to.

    It reads in the transaction that is open, so that a test may roll back afterwards, and writes nothing.

    Parameters
    ----------
    conn:
        A connection of psycopg or SQLAlchemy, or an engine, as a role that may run `pgcache reconcile`.
    caches:
        Names of caches; all that are installed where none is given.

    Raises
    ------
    AssertionError
        A cache is not exact. The message names the keys with what is cached and computed, and the newest of the rows
        that count for each.
    PgcacheError
        There is no such cache, or none at all, so that nothing would be asserted.
    """
    if isinstance(conn, sqlalchemy.Engine):
        with conn.connect() as connection:
            assert_caches_exact(connection, *caches)
        return
    drifted = [(cache, drift) for cache in _installed(conn, caches) if (drift := _drift(conn, cache))]
    if drifted:
        raise AssertionError("\n".join(line for cache, drift in drifted for line in _said(conn, cache, drift)))


def _rows(conn: Connection, name: str, *values: object) -> list[Row]:
    """All rows of sql/queries/NAME.sql, its parameters as literals: every driver has another idea of parameters."""
    lines = resources.sql("queries", f"{name}.sql").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("--"))
    query = re.sub(r"\$(\d)", lambda match: sql.Literal(values[int(match[1]) - 1]).as_string(None), text)
    if isinstance(conn, psycopg.Connection):
        with conn.cursor(row_factory=dict_row) as cursor:
            return list(cursor.execute(query.encode()))
    result = conn.exec_driver_sql(query, execution_options={"no_parameters": True})
    return [dict(row) for row in result.mappings()]


def _installed(conn: Connection, wanted: Iterable[str]) -> list[str]:
    ((exists,),) = (row.values() for row in _rows(conn, "schema_exists"))
    found = [row["name"] for row in _rows(conn, "caches")] if exists else []
    if not found:
        raise PgcacheError("no cache is installed in this database; run pgcache.migrate.migrate where the test begins")
    for name in wanted:
        if name not in found:
            raise PgcacheError(f"no cache is named {name!r} in this database (installed: {', '.join(found)})")
    return [name for name in found if name in wanted or not wanted]


def _drift(conn: Connection, cache: str) -> dict[str, list[Row]]:
    """What is wrong with each key that is not exact."""
    found: dict[str, list[Row]] = {}
    for row in _rows(conn, "found_drift", cache):
        found.setdefault(row["key"], []).append(row)
    return found


def _said(conn: Connection, cache: str, drift: dict[str, list[Row]]) -> Iterator[str]:
    yield f"cache {cache} is not exact for {len(drift)} key(s):"
    readable = True
    for key, wrong in list(drift.items())[:KEYS_SHOWN]:
        for row in wrong:
            sums = f"{row['cached']}, but its history adds up to {row['computed']} (drift {row['drift']})"
            yield f"  {key}: {row['measure']} is {sums}"
        if readable:
            try:
                yield from _contributions(conn, cache, key)
            except (psycopg.Error, sqlalchemy.exc.DBAPIError) as error:
                # A role that may not read them has broken the transaction, which is good for no more.
                yield f"    the rows that count for it cannot be shown: {str(error).splitlines()[0]}"
                readable = False
    if len(drift) > KEYS_SHOWN:
        yield f"  and {len(drift) - KEYS_SHOWN} more"


def _contributions(conn: Connection, cache: str, key: str) -> Iterator[str]:
    """The newest rows of each source that count for a key."""
    rows = _rows(conn, "contributions", cache, key, None, ROWS_SHOWN)
    for _, of_source in groupby(rows, itemgetter("number")):
        shown = list(of_source)
        name, total = shown[0]["name"], shown[0]["total"]
        if not total:
            yield f"    no row of {name} counts for it"
            continue
        count = f"the newest {len(shown)} of {total}" if len(shown) < total else f"{total}"
        yield f"    {count} row(s) of {name} that count for it:"
        for row in shown:
            yield f"      {row['content']} adds {row['adds']}"

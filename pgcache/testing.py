"""For the tests of applications: an assertion that their caches are exact, which says what made them not so."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy
from psycopg import sql
from psycopg.rows import tuple_row

from pgcache import config
from pgcache.catalog import pasted
from pgcache.errors import PgcacheError
from pgcache.model import Cache, Source, TableName

Connection = psycopg.Connection[Any] | sqlalchemy.Connection
"""Any driver will do under SQLAlchemy."""

_Query = sql.SQL | sql.Composed

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
        # Everything else is read before the rows: where a role may not read them, the transaction is good for no more.
        declared = _declared(conn)
        raise AssertionError(
            "\n".join(line for cache, drift in drifted for line in _said(conn, cache, drift, declared))
        )


@dataclass(frozen=True)
class _Cache:
    """An installed cache; `target` and `sources` are SQL."""

    name: str
    target: str
    sources: list[str]
    key: list[str]


def _rows(conn: Connection, query: _Query) -> list[Any]:
    """Run a query without parameters, of which every driver has another idea."""
    if isinstance(conn, psycopg.Connection):
        with conn.cursor(row_factory=tuple_row) as cursor:
            return list(cursor.execute(query))
    return list(conn.exec_driver_sql(query.as_string(None), execution_options={"no_parameters": True}))


def _installed(conn: Connection, wanted: Iterable[str]) -> list[_Cache]:
    ((exists,),) = _rows(conn, sql.SQL("SELECT to_regclass('pgcache.cache') IS NOT NULL"))
    found = {}
    if exists:
        query = sql.SQL(
            "SELECT c.name, c.target, array_to_json(c.sources)::text, array_to_json(c.key_columns)::text "
            "FROM pgcache.cache AS c ORDER BY 1"
        )
        for name, target, sources, key in _rows(conn, query):
            found[name] = _Cache(name, target, json.loads(sources), json.loads(key))
    if not found:
        raise PgcacheError("no cache is installed in this database; run pgcache.migrate.migrate where the test begins")
    for name in wanted:
        if name not in found:
            raise PgcacheError(f"no cache is named {name!r} in this database (installed: {', '.join(found)})")
    return [cache for name, cache in found.items() if name in wanted or not wanted]


def _drift(conn: Connection, cache: _Cache) -> dict[str, list[str]]:
    """What is wrong with each key that is not exact."""
    query = sql.SQL("SELECT d.key::text, d.measure, d.cached, d.computed, d.drift FROM pgcache.compare({}) AS d")
    found: dict[str, list[str]] = {}
    for key, measure, cached, computed, drift in _rows(conn, query.format(sql.Literal(cache.name))):
        said = f"{measure} is {cached}, but its history adds up to {computed} (drift {drift})"
        found.setdefault(key, []).append(said)
    return found


def _declared(conn: Connection) -> dict[str, Cache]:
    """The caches as they were declared when they were installed, by name."""
    texts = _rows(conn, sql.SQL("SELECT s.value FROM pgcache.setting AS s WHERE s.name = 'declaration'"))
    return {cache.name: cache for (text,) in texts for cache in config.loads(text, "pgcache.toml").caches}


def _said(conn: Connection, cache: _Cache, drift: dict[str, list[str]], declared: dict[str, Cache]) -> Iterator[str]:
    # A declaration that was repeated in schemas has theirs before the name.
    plain = declared.get(cache.name.rpartition(".")[2])
    yield f"cache {cache.name} is not exact for {len(drift)} key(s):"
    for key, measures in list(drift.items())[:KEYS_SHOWN]:
        for measure in measures:
            yield f"  {key}: {measure}"
        values = json.loads(key)
        for source in plain.sources if plain else ():
            yield from _contributions(conn, cache, source, {name: values[name] for name in cache.key})
    if len(drift) > KEYS_SHOWN:
        yield f"  and {len(drift) - KEYS_SHOWN} more"


def _contributions(conn: Connection, cache: _Cache, source: Source, key: dict[str, str]) -> Iterator[str]:
    """The newest rows of a source that count for a key."""
    try:
        rows = _rows(conn, _newest(conn, cache, source, key))
    except (psycopg.Error, sqlalchemy.exc.DBAPIError) as error:
        yield f"    the rows of {source.table} cannot be shown: {str(error).splitlines()[0]}"
        return
    if not rows:
        yield f"    no row of {source.table} counts for it"
        return
    count = rows[0][0]
    shown = f"the newest {len(rows)} of {count}" if len(rows) < count else f"{count}"
    yield f"    {shown} row(s) of {source.table} that count for it:"
    for _, row, *values in rows:
        adds = ", ".join(f"{value} to {measure}" for (measure, _), value in zip(source.values, values, strict=True))
        yield f"      {row} adds {adds}"


def _newest(conn: Connection, cache: _Cache, source: Source, key: dict[str, str]) -> _Query:
    alias = sql.Identifier(source.table.name)
    values = [sql.SQL("({})").format(pasted(expression)) for _, expression in source.values]
    return sql.SQL(
        "SELECT count(*) OVER (), jsonb_strip_nulls(to_jsonb({alias}.*))::text, {values} "
        "FROM {table} AS {alias} WHERE {condition} "
        "ORDER BY age({alias}.xmin), {alias}.ctid DESC LIMIT {limit}"
    ).format(
        alias=alias,
        values=sql.SQL(", ").join(values),
        table=_table(cache, source.table),
        condition=sql.SQL(" AND ").join(_conditions(conn, cache, source, key)),
        limit=sql.Literal(ROWS_SHOWN),
    )


def _table(cache: _Cache, name: TableName) -> sql.Composable:
    """The table that a name of the declaration meant when the cache was installed."""
    bare = sql.Identifier(name.name).as_string(None)
    if name.schema:
        return sql.Identifier(name.schema, name.name)
    return sql.SQL(next((table for table in cache.sources if table.endswith(f".{bare}")), bare))


def _conditions(conn: Connection, cache: _Cache, source: Source, key: dict[str, str]) -> Iterator[sql.Composable]:
    if source.where:
        yield sql.SQL("({})").format(pasted(source.where))
    if source.through:
        # The expressions over the source's row stand outside of the subquery, where no other name can come between.
        through = source.through
        limits = [
            _equal(sql.Identifier(column), value) for column, value in zip(through.key, key.values(), strict=True)
        ]
        if through.where:
            limits.append(sql.SQL("({})").format(pasted(through.where)))
        yield sql.SQL("({}) IN (SELECT {} FROM {} AS {} WHERE {})").format(
            sql.SQL(", ").join(sql.SQL("({})").format(pasted(expression)) for _, expression in through.on),
            sql.SQL(", ").join(sql.Identifier(column) for column, _ in through.on),
            _table(cache, through.table),
            sql.Identifier(through.table.name),
            sql.SQL(" AND ").join(limits),
        )
    for expression, value in zip(source.key, key.values(), strict=False):
        yield _equal(pasted(expression), value)
    if source.within:
        matches = (_equal(sql.SQL("t.{}").format(sql.Identifier(name)), value) for name, value in key.items())
        target = sql.SQL("FROM {} AS t WHERE {}").format(sql.SQL(cache.target), sql.SQL(" AND ").join(matches))
        yield sql.SQL("({}) BETWEEN (SELECT t.{} {}) AND (SELECT t.{} {})").format(
            _position(conn, _table(cache, source.table), source.within.column),
            sql.Identifier(source.within.from_column),
            target,
            sql.Identifier(source.within.to_column),
            target,
        )


def _equal(expression: sql.Composable, value: str) -> sql.Composable:
    return sql.SQL("({}) = {}").format(expression, sql.Literal(value))


def _position(conn: Connection, table: sql.Composable, column: str) -> sql.Composable:
    """A row's position in time: a column if there is one of that name, else an expression."""
    query = sql.SQL("SELECT FROM pg_attribute AS a WHERE a.attrelid = to_regclass({}) AND a.attname = {}")
    found = _rows(conn, query.format(sql.Literal(table.as_string(None)), sql.Literal(column)))
    return sql.Identifier(column) if found else pasted(column)

"""One declaration for many schemas: where each tenant has tables of its own, under the same names."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import psycopg

from pgcache import queries
from pgcache.errors import DeclarationError
from pgcache.model import Cache, Declaration, Source, TableName, Through
from pgcache.toml_cache import CACHE_NAME_BYTES


def expand(conn: psycopg.Connection[Any], declaration: Declaration, patterns: Sequence[str]) -> Declaration:
    """Repeat every cache of a declaration in each schema.

    Parameters
    ----------
    conn:
        A connection to the database.
    declaration:
        What pgcache.toml says; its tables are those without a schema, or stay the same for all.
    patterns:
        Names of schemas, with `*` and `?`; the declaration is given back as it is where there are none.

    Returns
    -------
    Declaration
        A cache "tenant.balance" for the cache "balance" in the schema "tenant".

    Raises
    ------
    DeclarationError
        A pattern has no schema, or a name becomes too long.
    """
    if not patterns:
        return declaration
    existing = [row["name"] for row in queries.rows(conn, "user_schemas")]
    problems = [
        f"--schema {pattern}: no schema of this database has such a name; correct it, or create the schema"
        for pattern in patterns
        if not fnmatch.filter(existing, pattern)
    ]
    schemas = tuple(name for name in existing if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns))
    caches = tuple(_in_schema(cache, schema) for schema in schemas for cache in declaration.caches)
    problems += [
        f"{cache.location}: the name {cache.name!r} has {size} bytes, and pgcache has room for {CACHE_NAME_BYTES}; "
        "shorten that of the cache or of the schema"
        for cache in caches
        if (size := len(cache.name.encode())) > CACHE_NAME_BYTES
    ]
    if problems:
        raise DeclarationError(problems)
    return replace(declaration, caches=caches, schemas=schemas)


def _in_schema(cache: Cache, schema: str) -> Cache:
    rollover = cache.rollover
    if rollover:
        history = replace(rollover.history, table=_table(rollover.history.table, schema))
        rollover = replace(rollover, history=history)
    timeline = cache.timeline
    if timeline:
        timeline = replace(timeline, account=_table(timeline.account, schema))
    query = cache.query
    if query:
        query = replace(query, schema=schema)
    return replace(
        cache,
        name=f"{schema}.{cache.name}",
        target=_table(cache.target, schema),
        sources=tuple(_source(source, schema) for source in cache.sources),
        rollover=rollover,
        timeline=timeline,
        query=query,
    )


def _source(source: Source, schema: str) -> Source:
    through = _through(source.through, schema) if source.through else None
    return replace(source, table=_table(source.table, schema), through=through)


def _through(through: Through, schema: str) -> Through:
    onward = _through(through.through, schema) if through.through else None
    return replace(through, table=_table(through.table, schema), through=onward)


def _table(table: TableName, schema: str) -> TableName:
    return table if table.schema else replace(table, schema=schema)

"""Binds what only deferred caches have: their query, and the columns that tell when a row was and will be refreshed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pgcache.binder import Binder
from pgcache.catalog import DATE, FLOATS, INTEGERS, NUMERIC, TIMESTAMPTZ, Column, InvalidExpressionError, Relation
from pgcache.model import Query


@dataclass(frozen=True)
class QueryColumns:
    """A query with qualified names, the columns that it gives beside the key, and which of them are measures.

    `reads` are the columns that it reads, by the oid of the table; None where that cannot be told.
    """

    text: str
    columns: Mapping[str, Column]
    measures: tuple[str, ...]
    reads: Mapping[int, frozenset[str]] | None

    @property
    def types(self) -> dict[str, str]:
        """The type of each column of a table that holds them."""
        return {name: column.definition for name, column in self.columns.items()}


def bind_query(binder: Binder, query: Query, keys: dict[str, str]) -> QueryColumns | None:
    """Bind a query; problems go to the binder.

    Parameters
    ----------
    binder:
        That of the cache.
    query:
        What the declaration says.
    keys:
        The key columns with their types, in the order of the key.

    Returns
    -------
    QueryColumns
        None where the database refuses the query.
    """
    try:
        found = binder.catalog.query(query.text, keys, query.schema)
    except InvalidExpressionError as error:
        binder.problem(
            query.location, f"the query is refused: {error}; it must be one SELECT, which psql would run too"
        )
        return None
    before = len(binder.problems)
    if not found.limited:
        binder.problem(
            query.location,
            "the query does not read pgcache_keys, so that every refresh would compute all keys; join it: "
            f"JOIN pgcache_keys AS k ON k.{next(iter(keys))} = ...",
        )
    for table in found.hidden:
        binder.problem(
            query.location,
            f"row-level security hides rows of {table} from the current role, so no figure would be right; migrate "
            "as the table's owner (without FORCE ROW LEVEL SECURITY), or as a role with BYPASSRLS",
        )
    for name, kind in keys.items():
        column = found.columns.get(name)
        if column is None:
            binder.problem(
                query.location,
                f"the query gives no column {name!r}, which is in the key; it gives {', '.join(found.columns)}",
            )
        elif column.type != kind:
            binder.problem(query.location, f"the query gives {name} as {column.type}, but the key is {kind}; cast it")
    others = {name: column for name, column in found.columns.items() if name not in keys}
    expires = binder.cache.refresh.expires
    if expires and expires not in others:
        binder.problem(
            query.location, f"the query gives no column {expires!r}, which expires names; it gives {', '.join(others)}"
        )
    if binder.cache.stamp in others:
        binder.problem(
            query.location,
            f"the query gives a column {binder.cache.stamp!r}, which tells when a row was refreshed; rename it",
        )
    measures = tuple(name for name in others if name != expires)
    if not measures:
        binder.problem(query.location, "the query gives no column beside the key; add a measure")
    for name in measures:
        _check_measure(binder, query, others[name])
    return QueryColumns(found.text, others, measures, found.reads) if len(binder.problems) == before else None


def _check_measure(binder: Binder, query: Query, column: Column) -> None:
    if column.type_oid in FLOATS:
        binder.problem(
            query.location, f"the query gives {column.name} as {column.type}, which is not exact; cast it to numeric"
        )
    elif column.type_oid not in INTEGERS | {NUMERIC}:
        binder.problem(
            query.location, f"the query gives {column.name} as {column.type}; a measure must be numeric or an integer"
        )


def bind_written(binder: Binder, target: Relation, queried: QueryColumns | None) -> Column | None:
    """Check what a refresh writes into the target beside sums, and give the column that tells when a row is due.

    Parameters
    ----------
    binder:
        That of the cache.
    target:
        The target, or what it will be.
    queried:
        What the query gives, None where the sources add up.
    """
    cache = binder.cache
    for name in queried.measures if queried else ():
        given, kept = queried.columns[name] if queried else None, target.columns.get(name)
        if given and kept and given.type_oid == NUMERIC and kept.type_oid in INTEGERS:
            binder.problem(
                cache.location,
                f"the query gives {name} as numeric, but {target}.{name} is {kept.type} and would lose its fractions; "
                "make the column numeric, or cast the value",
            )
    if cache.stamp:
        for column in binder.columns(target, [cache.stamp], cache.location):
            if column.type_oid != TIMESTAMPTZ:
                binder.problem(cache.location, f"{target}.{column.name} is {column.type}; a stamp must be timestamptz")
    if not cache.refresh.expires or queried is None:
        return None
    given = queried.columns[cache.refresh.expires]
    for column in [given, *binder.columns(target, [given.name], cache.location)]:
        if column.type_oid not in (DATE, TIMESTAMPTZ):
            binder.problem(
                cache.refresh.location, f"{column.name} is {column.type}; expires must be a date or timestamptz"
            )
        elif column.type_oid != given.type_oid:
            binder.problem(
                cache.refresh.location,
                f"the query gives {given.name} as {given.type}, but {target}.{column.name} is {column.type}; cast it",
            )
    if not cache.creates and given.name in target.columns:
        binder.needs_index(target, [given.name], cache.refresh.location)
    return target.columns.get(given.name)

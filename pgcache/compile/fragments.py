"""The smallest pieces of SQL, which everything that is generated is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from psycopg import sql

from pgcache.catalog import INTEGERS, Column, pasted

SLOTS = 64
"""How many advisory slots a cache with a mapping has: a bound on the locks that one statement takes."""

Fragment = sql.Composable


def raw(text: str) -> Fragment:
    return sql.SQL(text)


def name(identifier: str) -> Fragment:
    return sql.Identifier(identifier)


def joined(parts: Iterable[Fragment], separator: str = ", ") -> Fragment:
    return sql.SQL(separator).join(list(parts))


def numbered(prefix: str, count: int, pattern: str = "{}") -> Fragment:
    """`key_1, key_2`, or each of them within a pattern: `r.key_1, r.key_2`."""
    return joined(raw(pattern.replace("{}", f"{prefix}_{n}")) for n in range(1, count + 1))


def present(prefix: str, count: int) -> Fragment:
    """No key column is null: rows with a null key contribute nothing."""
    return joined((raw(f"{prefix}_{n} IS NOT NULL") for n in range(1, count + 1)), " AND ")


def equal(left: Fragment, column: Column, right: Fragment) -> Fragment:
    """Equality as the column's own index sees it: citext, say, is only case-insensitive by its own operator."""
    if column.equality is None:
        return sql.SQL("{} = {}").format(left, right)
    schema, operator = column.equality.split(".", 1)
    return sql.SQL("{} OPERATOR({}.{}) {}").format(left, name(schema), raw(operator), right)


def as_type(expression: str, column: Column) -> Fragment:
    return sql.SQL("({})::{}").format(pasted(expression), raw(column.type))


def contribution(expression: str | None, measure: Column) -> Fragment:
    """What a row adds to a measure: its value in the digits that the measure keeps, so that it can be undone."""
    if expression is None:
        return raw("0")
    if measure.type_oid in INTEGERS or measure.scale is None:
        return sql.SQL("coalesce(({}), 0)").format(pasted(expression))
    return sql.SQL("coalesce(round(({}), {}), 0)").format(pasted(expression), raw(str(measure.scale)))


def slots(arrays: Sequence[str], columns: Sequence[Column]) -> Fragment:
    """The slots of the mapping values in some arrays, by the hash of their type: equal values share one."""
    if not all(column.hashable for column in columns):
        return raw("ARRAY[0]")
    names = numbered("on", len(columns))
    return sql.SQL(
        "ARRAY(SELECT (hash_record_extended(ROW({names}), 0) & {mask})::integer FROM unnest({arrays}) AS u({names}))"
    ).format(names=names, mask=raw(str(SLOTS - 1)), arrays=joined(raw(array) for array in arrays))

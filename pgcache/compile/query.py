"""The query of a deferred cache: the declared one, or that of a cache whose sources add up."""

from __future__ import annotations

import re
from collections.abc import Iterable

from psycopg import sql

from pgcache.catalog import INTEGERS, Column
from pgcache.compile.fragments import Fragment, equal, joined, name, numbered, raw
from pgcache.compile.maker import Maker

# Strings and names in quotes, and between them calls as pg_get_viewdef writes them.
_TODAY = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")|\bpgcache\.today\(\)""")


def asked_once(query: str) -> str:
    """A query that asks for the day once, and not for each row: a function like it cannot be inlined."""
    return _TODAY.sub(lambda match: match[1] or "(SELECT pgcache.today())", query)


def kept(measure: Column) -> Fragment:
    """A measure that the query q gives, as the target keeps it."""
    value = sql.SQL("q.{}").format(name(measure.name))
    if measure.type_oid in INTEGERS:
        return sql.SQL("{}::{}").format(value, raw(measure.type))
    if measure.scale is None:
        return sql.SQL("{}::numeric").format(value)
    return sql.SQL("round({}::numeric, {})").format(value, raw(str(measure.scale)))


def query(maker: Maker) -> Fragment:
    """What gives the figures of the keys in pgcache_keys, as a subquery."""
    cache = maker.cache
    if cache.query:
        return raw(f"(\n{asked_once(cache.query.text)}\n    )")
    if cache.declared.creates:
        return sql.SQL("({})").format(_sums(maker))
    return _sums_with_initial(maker)


def _sums(maker: Maker) -> Fragment:
    """What the sources add up to: a row for each key that has rows."""
    f, key = maker.f, maker.cache.key
    return sql.SQL("SELECT {}, {} FROM {} AS s JOIN pgcache_keys AS k ON {} GROUP BY {}").format(
        joined(sql.SQL("s.{} AS {}").format(raw(f"key_{n}"), name(column.name)) for n, column in enumerate(key, 1)),
        joined(
            sql.SQL("sum(s.{}) AS {}").format(raw(f"value_{n}"), name(measure.name))
            for n, measure in enumerate(maker.cache.measures, 1)
        ),
        f.all_rows(for_key=False),
        _same((raw(f"s.key_{n}") for n in range(1, f.keys + 1)), key),
        numbered("key", f.keys, "s.{}"),
    )


def _sums_with_initial(maker: Maker) -> Fragment:
    """The same for each row of a target of the user's own, from where the row starts."""
    f, key = maker.f, maker.cache.key
    figures = (
        sql.SQL("{} + coalesce(s.{}, 0) AS {}").format(initial, name(measure.name), name(measure.name))
        for initial, measure in zip(f.initial(), maker.cache.measures, strict=True)
    )
    return sql.SQL("(SELECT {}, {} FROM {} AS {} JOIN pgcache_keys AS k ON {} LEFT JOIN ({}) AS s ON {})").format(
        joined(sql.SQL("k.{}").format(name(column.name)) for column in key),
        joined(figures),
        maker.cache.target.identifier,
        f.alias,
        _same((sql.SQL("{}.{}").format(f.alias, name(column.name)) for column in key), key),
        _sums(maker),
        _same((sql.SQL("s.{}").format(name(column.name)) for column in key), key),
    )


def _same(values: Iterable[Fragment], key: Iterable[Column]) -> Fragment:
    """Whether some values are the key in the row k of pgcache_keys."""
    return joined(
        (
            equal(value, column, sql.SQL("k.{}").format(name(column.name)))
            for value, column in zip(values, key, strict=True)
        ),
        " AND ",
    )

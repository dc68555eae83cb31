"""The functions that compare cached values with their history: of all keys, of some, of a range."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg import sql

from pgcache.catalog import Column, pasted
from pgcache.compile.fragments import Fragment, as_type, equal, joined, name, numbered, raw
from pgcache.compile.maker import Maker
from pgcache.compile.objects import SqlObject
from pgcache.template import Parts

_ANY_KEY = raw("true")


def compare_functions(maker: Maker, parts: Parts) -> Iterator[SqlObject]:
    """The comparisons of a cache, out of one template.

    Parameters
    ----------
    maker:
        Of the cache.
    parts:
        What the template wants beside the limits of the keys.
    """
    f = maker.f
    target: list[Fragment] = [sql.SQL("{}.{}").format(f.alias, name(column.name)) for column in maker.cache.key]
    source: list[Fragment] = [raw(f"s.key_{n}") for n in range(1, f.keys + 1)]
    row: list[Fragment] = [raw(f"c.key_{n}") for n in range(1, f.keys + 1)]
    yield _compare(maker, parts, "", "", "Every key", (_ANY_KEY, _ANY_KEY, _ANY_KEY))
    # The planner takes a range, or a list, for a row or two. An outer join that it may turn into a nested loop would
    # then add up all of it again for each key; one that stays a full join is hashed or merged.
    parts = {
        **parts,
        "target_keys": joined(raw(f"coalesce(t.key_{n}, s.key_{n}) AS key_{n}") for n in range(1, f.keys + 1)),
        "kept": _ANY_KEY if maker.cache.declared.creates else raw("num_nonnulls(t.key_1) > 0"),
    }
    limits = (asked(maker, target), asked(maker, source), exactly(maker, row))
    yield _compare(maker, parts, "_keys", "p_keys jsonb[]", "Those of some keys", limits)
    limits = (within(maker, target), within(maker, source), _ANY_KEY)
    yield _compare(maker, parts, "_range", "p_after jsonb, p_upto jsonb", "Those keys of a range", limits)
    yield maker.function(
        "_next",
        "next.sql",
        "jsonb, bigint",
        "Where the next range of keys ends.",
        {
            "target_keys": f.target_keys(),
            "after": after(maker, target),
            "key_json": f.key_of(row),
            "descending": numbered("key", f.keys, "c.{} DESC"),
        },
    )

    if all(source.declared.touched for source in maker.cache.sources):
        yield _touched(maker, row)


def _touched(maker: Maker, row: Sequence[Fragment]) -> SqlObject:
    """What tells the keys that were written lately, where every source tells it."""
    f = maker.f
    rows = []
    for source in maker.cache.sources:
        assert source.declared.touched is not None
        prefix = source.looked_up_by
        columns = joined(
            sql.SQL("{} AS {}").format(as_type(expression, column), raw(f"{prefix}_{n}"))
            for n, (column, expression) in enumerate(f.row_keys(source), 1)
        )
        touched = sql.SQL("SELECT {} FROM {} AS {} WHERE ({}) >= p_since").format(
            columns, source.relation.identifier, name(source.relation.name), pasted(source.declared.touched)
        )
        if source.through:
            touched = sql.SQL("SELECT {} FROM ({}) AS s JOIN ({}) AS m ON {}").format(
                numbered("key", f.keys, "m.{}"),
                touched,
                f.chained_rows(source.through),
                f.on_equal(source.through, "m", "s"),
            )
        rows.append(touched)
    return maker.function(
        "_touched",
        "touched.sql",
        "timestamptz",
        "The keys of the source rows that were written since a moment.",
        {
            "touched_rows": sql.SQL("({})").format(joined(rows, " UNION ALL ")),
            "key_json": f.key_of(row),
            "ordered_keys": joined(row),
        },
    )


def _compare(
    maker: Maker,
    parts: Parts,
    suffix: str,
    parameters: str,
    which: str,
    limits: tuple[Fragment, Fragment, Fragment],
) -> SqlObject:
    types = ", ".join(parameter.split()[1] for parameter in parameters.split(", ") if parameter)
    target, source, wanted = limits
    return maker.function(
        f"_compare{suffix}",
        "compare.sql",
        types,
        f"{which} whose cached values differ from its history.",
        {
            **parts,
            "parameters": raw(parameters),
            "types": raw(types),
            "target_limits": target,
            "source_limits": source,
            "wanted": wanted,
            # Some keys, and the range that they make up, are planned for what they are: the last range has no end.
            "plan_cache_mode": raw("force_custom_plan" if parameters else "auto"),
        },
        shape=parameters,
    )


def asked(maker: Maker, values: Sequence[Fragment]) -> Fragment:
    """What every one of the keys in p_keys fulfils, column by column."""
    return joined(
        (
            equal(
                value,
                column,
                sql.SQL("ANY (ARRAY(SELECT {} FROM unnest(p_keys) AS k(key)))").format(_key(column, "k.key")),
            )
            for value, column in zip(values, maker.cache.key, strict=True)
        ),
        " AND ",
    )


def exactly(maker: Maker, values: Sequence[Fragment]) -> Fragment:
    """Whether a key is one of those in p_keys."""
    matches = (
        equal(value, column, _key(column, "k.key")) for value, column in zip(values, maker.cache.key, strict=True)
    )
    return sql.SQL("EXISTS (SELECT FROM unnest(p_keys) AS k(key) WHERE {})").format(joined(matches, " AND "))


def after(maker: Maker, values: Sequence[Fragment]) -> Fragment:
    """Whether a key comes after p_after; every one does where that is null."""
    return sql.SQL("(p_after IS NULL OR {})").format(_beyond(maker, "p_after", values))


def within(maker: Maker, values: Sequence[Fragment]) -> Fragment:
    """Whether a key comes after p_after, and not after p_upto."""
    column = maker.cache.key[0]
    # The leading column by itself, for its index.
    ends = [
        after(maker, values),
        sql.SQL("(p_upto IS NULL OR NOT {})").format(_beyond(maker, "p_upto", values)),
        sql.SQL("(p_after IS NULL OR NOT {})").format(_less(values[0], column, _key(column, "p_after"))),
        sql.SQL("(p_upto IS NULL OR NOT {})").format(_less(_key(column, "p_upto"), column, values[0])),
    ]
    return joined(ends if len(values) > 1 else ends[:2], " AND ")


def _beyond(maker: Maker, bound: str, values: Sequence[Fragment]) -> Fragment:
    """Whether a key comes after the one in `bound`, column by column."""
    pairs = list(zip(values, maker.cache.key, strict=True))
    value, column = pairs[-1]
    beyond = _less(_key(column, bound), column, value)
    for value, column in reversed(pairs[:-1]):
        beyond = sql.SQL("({} OR ({} AND {}))").format(
            _less(_key(column, bound), column, value), equal(value, column, _key(column, bound)), beyond
        )
    return beyond


def _key(column: Column, source: str) -> Fragment:
    """A key column out of a key as pgcache keeps it, with the order of the column in the target."""
    value = sql.SQL("({} ->> {})::{}").format(raw(source), sql.Literal(column.name), raw(column.type))
    return sql.SQL("{} COLLATE {}").format(value, raw(column.collation)) if column.collation else value


def _less(left: Fragment, column: Column, right: Fragment) -> Fragment:
    """Whether one value sorts before another, as the column's own index sees it."""
    if column.less is None:
        return sql.SQL("{} < {}").format(left, right)
    schema, operator = column.less.split(".", 1)
    return sql.SQL("{} OPERATOR({}.{}) {}").format(left, name(schema), raw(operator), right)

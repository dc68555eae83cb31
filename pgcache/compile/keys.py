"""The functions that look at one key, or at all of them."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from pgcache.compile.compare import compare_functions
from pgcache.compile.figures import settled_rows, waiting_of
from pgcache.compile.fragments import Fragment, equal, joined, name, numbered, raw
from pgcache.compile.maker import Maker
from pgcache.compile.mapped import slot_of
from pgcache.compile.nowait import pending_sum
from pgcache.compile.objects import SqlObject
from pgcache.template import render, text


def key_functions(maker: Maker) -> Iterator[SqlObject]:
    f = maker.f
    keys = numbered("key", f.keys, "t.{}")
    cached, kept = raw("t.cached"), raw("t.key_1 IS NOT NULL")
    if maker.cache.declared.creates:
        # A missing row is one whose values are 0.
        keys = joined(raw(f"coalesce(t.key_{n}, s.key_{n}) AS key_{n}") for n in range(1, f.keys + 1))
        zeros = ", ".join("0" for _ in maker.cache.measures)
        cached, kept = raw(f"coalesce(t.cached, ARRAY[{zeros}]::numeric[])"), raw("true")
    yield key_function(maker)
    parameters = f.sum_parameters()
    types = raw(", ".join(kind for _, kind in parameters))
    yield maker.function(
        "_sum",
        "sum.sql",
        text(types),
        "What the sources add up to for one key.",
        {
            "sum": f.internal("_sum"),
            "parameters": raw(", ".join(f"{parameter} {kind}" for parameter, kind in parameters)),
            "types": types,
            "totals": sql.SQL("ARRAY[{}]::numeric[]").format(f.each("coalesce(sum(s.value_{n}), 0)")),
            "key_rows": f.all_rows(for_key=True),
        },
        shape=", ".join(parameter for parameter, _ in parameters),
        maintains=True,
    )
    if maker.cache.nowait:
        yield pending_sum(maker)
    yield maker.function(
        "_recompute",
        "recompute.sql",
        "jsonb, boolean",
        "Makes one key exact and returns its measures.",
        {
            "expected_row": f.expected("v_row"),
            "waiting_row": waiting_of(f, "v_row"),
            "stored_values": f.stored("v_stored[{n}]"),
            "ensure_row": ensure_row(maker),
        },
    )
    yield maker.function(
        "_correct",
        "correct.sql",
        "jsonb, numeric[], pg_snapshot",
        "Applies a drift to one key, unless it was repaired since.",
        {"corrected": f.adjusted(f.alias, "p_drift[{n}]"), "ensure_row": ensure_row(maker)},
    )
    yield rows_function(maker)
    yield from compare_functions(
        maker,
        {
            "rows": sql.SQL("{}, {} AS cached, {}").format(
                f.target_keys(),
                f.cached(),
                joined(
                    sql.SQL("{} AS {}").format(value, raw(f"initial_{n}")) for n, value in enumerate(f.initial(), 1)
                ),
            ),
            "all_rows": settled_rows(f),
            "match_sums": joined(
                (equal(raw(f"t.key_{n}"), column, raw(f"s.key_{n}")) for n, column in enumerate(maker.cache.key, 1)),
                " AND ",
            ),
            "target_keys": keys,
            "cached": cached,
            "kept": kept,
            # A call for each key would cost too much here, so this function has the settings itself.
            "key_json": f.json(raw(f"c.key_{n}") for n in range(1, f.keys + 1)),
            "ordered_keys": numbered("key", f.keys, "c.{}"),
            "computed": sql.SQL("ARRAY[{}]::numeric[]").format(
                f.each("coalesce(t.initial_{n}, 0) + coalesce(s.value_{n}, 0)")
            ),
        },
    )


def rows_function(maker: Maker) -> SqlObject:
    """What shows the rows that make up the value of a key."""
    f = maker.f
    parameters = f.sum_parameters()
    bounds = [bound for period in maker.cache.periods for bound in (period.from_column, period.to_column)]
    keys = zip(parameters[: f.keys], maker.cache.key, strict=True)
    variables: list[Fragment] = [
        sql.SQL("{} {} := {}").format(raw(called), raw(kind), f.json_value(column)) for (called, kind), column in keys
    ]
    variables += [raw(f"{called} {kind}") for called, kind in parameters[f.keys :]]
    read = sql.SQL("SELECT {} INTO {} FROM {} AS {} WHERE {};").format(
        joined(sql.SQL("{}.{}").format(f.alias, name(bound)) for bound in bounds),
        raw(", ".join(called for called, _ in parameters[f.keys :])),
        maker.cache.target.identifier,
        f.alias,
        f.match_json(),
    )
    relations = [maker.cache.target, *(source.relation for source in maker.cache.sources)]
    return maker.function(
        "_rows",
        "rows.sql",
        "jsonb",
        "The rows that make up the value of one key.",
        {
            "variables": joined(variables, ";\n    "),
            "read_periods": read if bounds else raw(""),
            "relations": sql.SQL("ARRAY[{}]").format(joined(sql.Literal(relation.quoted) for relation in relations)),
            "initial": sql.SQL("ARRAY[{}]::numeric[]").format(joined(f.initial())),
            "shown_rows": f.all_rows(for_key=True, shown=True),
        },
    )


def key_function(maker: Maker) -> SqlObject:
    """What turns a key into the words that pgcache keeps."""
    f = maker.f
    types = [column.type for column in maker.cache.key]
    return maker.function(
        "_key",
        "key.sql",
        ", ".join(types),
        "A key as pgcache keeps it.",
        {
            "parameters": raw(", ".join(f"p_key_{n} {kind}" for n, kind in enumerate(types, 1))),
            "types": raw(", ".join(types)),
            "json": f.json(raw(f"${n}") for n in range(1, f.keys + 1)),
        },
        maintains=True,
    )


def ensure_row(maker: Maker) -> Fragment:
    """What makes sure that a row of a created target is there to be locked."""
    if not maker.cache.declared.creates:
        return raw("")
    values = [maker.f.json_value(column) for column in maker.cache.key]
    parts = {
        **maker.shared,
        "key_columns": joined(name(column.name) for column in maker.cache.key),
        "json_values": joined(values),
        "row_slot": slot_of(list(zip(maker.cache.key, values, strict=True))),
    }
    claim = render("fragments/claim_row.sql", parts).strip() if maker.cache.nowait else ""
    return raw(render("fragments/ensure_row.sql", {**parts, "claim_row": raw(claim)}).strip())

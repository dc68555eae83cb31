"""The functions that look at one key, or at all of them."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from pgcache.compile.fragments import equal, joined, numbered, raw
from pgcache.compile.maker import Maker
from pgcache.compile.objects import SqlObject
from pgcache.template import text


def key_functions(maker: Maker) -> Iterator[SqlObject]:
    f = maker.f
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
    yield maker.function(
        "_recompute",
        "recompute.sql",
        "jsonb",
        "Makes one key exact and returns its measures.",
        {"expected_row": f.expected("v_row"), "computed_values": f.each("v_computed[{n}]")},
    )
    yield maker.function(
        "_correct",
        "correct.sql",
        "jsonb, numeric[], pg_snapshot",
        "Applies a drift to one key, unless it was repaired since.",
        {"corrected": f.adjusted(f.alias, "p_drift[{n}]")},
    )
    yield maker.function(
        "_compare",
        "compare.sql",
        "",
        "Every key whose cached values differ from its history.",
        {
            "rows": sql.SQL("{}, {} AS cached, {}").format(
                f.target_keys(),
                f.cached(),
                joined(
                    sql.SQL("{} AS {}").format(value, raw(f"initial_{n}")) for n, value in enumerate(f.initial(), 1)
                ),
            ),
            "all_rows": f.all_rows(for_key=False),
            "match_sums": joined(
                (equal(raw(f"t.key_{n}"), column, raw(f"s.key_{n}")) for n, column in enumerate(maker.cache.key, 1)),
                " AND ",
            ),
            "target_keys": numbered("key", f.keys, "t.{}"),
            "key_json": f.key_json("c.{}"),
            "ordered_keys": numbered("key", f.keys, "c.{}"),
            "computed": sql.SQL("ARRAY[{}]::numeric[]").format(f.each("t.initial_{n} + coalesce(s.value_{n}, 0)")),
        },
    )

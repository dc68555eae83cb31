"""What readers and applications use: the view, the functions that a declaration names."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from pgcache.bound import BoundRollover
from pgcache.catalog import INTEGERS, quoted
from pgcache.compile.figures import figures
from pgcache.compile.fragments import Fragment, equal, joined, name, numbered, raw
from pgcache.compile.maker import Maker
from pgcache.compile.objects import SqlObject
from pgcache.template import render, text


def view(maker: Maker) -> SqlObject:
    columns = [*maker.cache.key, *maker.cache.measures]
    parts = {
        **maker.shared,
        "view": maker.f.internal(""),
        "figures": figures(maker.f),
        "columns": joined(sql.SQL("t.{}").format(name(column.name)) for column in columns),
        "comment": maker.comment("The figures of the cache, exact at reading."),
    }
    shape = ", ".join(f"{column.name} {column.type} {column.typmod}" for column in columns)
    return SqlObject("view", text(parts["view"]), "", maker.cache.name, render("view.sql", parts), shape)


def reading_function(maker: Maker) -> SqlObject:
    """The function that reads one key out of the view."""
    f = maker.f
    called = f.internal("")
    keys = [(parameter(maker, column.name), column.type) for column in maker.cache.key]
    returns = returned(maker, [measure.definition for measure in maker.cache.measures])
    types = ", ".join(kind for _, kind in keys)
    parts = {
        "view": called,
        "parameters": joined(sql.SQL("{} {}").format(name(p), raw(kind)) for p, kind in keys),
        "types": raw(types),
        "returns": returns,
        "results": joined(sql.SQL("v.{}").format(name(measure.name)) for measure in maker.cache.measures),
        "match_key": joined(
            (
                equal(sql.SQL("v.{}").format(name(column.name)), column, raw(f"${n}"))
                for n, column in enumerate(maker.cache.key, 1)
            ),
            " AND ",
        ),
        "comment": maker.comment("The figures of one key, exact at reading."),
    }
    shape = ", ".join(quoted(p) for p, _ in keys) + " -> " + text(returns)
    statements = render("reading.sql", parts)
    return SqlObject("function", f"{text(called)}({types})", "", maker.cache.name, statements, shape)


def returned(maker: Maker, kinds: list[str]) -> Fragment:
    """What a function that gives the measures returns: the only one, or a row of them."""
    return raw(kinds[0]) if len(kinds) == 1 else sql.SQL("TABLE ({})").format(measure_columns(maker, kinds))


def measure_columns(maker: Maker, kinds: list[str]) -> Fragment:
    """The measures as the columns of a row that a function returns."""
    return joined(
        sql.SQL("{} {}").format(name(measure.name), raw(kind))
        for measure, kind in zip(maker.cache.measures, kinds, strict=True)
    )


def rpcs(maker: Maker, rpc: str) -> Iterator[SqlObject]:
    f = maker.f
    keys = [(parameter(maker, column.name), column.type) for column in maker.cache.key]
    key = f.key_of(raw(f"${n}") for n in range(1, f.keys + 1))
    yield rpc_function(maker, rpc, keys, "_recompute", key, "Makes one key exact, stores its figures and returns them.")
    periods = maker.cache.periods
    if len(periods) == 1 and all(source.period for source in maker.cache.sources):
        period = periods[0]
        yield maker.function(
            "_recompute_period",
            "recompute_period.sql",
            f"jsonb, {period.type}, {period.type}",
            "The figures of one key in a period, stored where that is the row's own.",
            {
                "from_type": raw(period.type),
                "to_type": raw(period.type),
                "recompute": f.internal("_recompute"),
                "expected_period": f.expected("v_row", [("p_from", "p_to")]),
            },
        )
        bounds = [(period.from_column, period.type), (period.to_column, period.type)]
        arguments = sql.SQL("{}, {}").format(key, raw(f"${f.keys + 1}, ${f.keys + 2}"))
        comment = "The figures of one key in a period; stored where that is the row's own period."
        yield rpc_function(maker, rpc, keys + bounds, "_recompute_period", arguments, comment)


def parameter(maker: Maker, column: str) -> str:
    """What an application calls a key column: account_id for the id of account."""
    return f"{maker.cache.target.name}_{column}" if column == "id" else column


def rpc_function(
    maker: Maker, rpc: str, parameters: list[tuple[str, str]], function: str, arguments: Fragment, comment: str
) -> SqlObject:
    called = sql.Identifier(maker.cache.target.schema, rpc)
    types = ", ".join(kind for _, kind in parameters)
    kinds = ["numeric" if m.type_oid not in INTEGERS else m.type for m in maker.cache.measures]
    results = joined(raw(f"r.result[{n}]::{kind}") for n, kind in enumerate(kinds, 1))
    returns = returned(maker, kinds)
    parts = {
        **maker.shared,
        "rpc": called,
        "parameters": joined(sql.SQL("{} {}").format(name(p), raw(kind)) for p, kind in parameters),
        "types": raw(types),
        "returns": returns,
        "columns": measure_columns(maker, kinds),
        "turn": raw(render("deferred/fragments/take_turn.sql", maker.shared).strip() if maker.cache.deferred else ""),
        "results": results,
        "function": maker.f.internal(function),
        "arguments": arguments,
        "comment": maker.comment(comment),
    }
    shape = ", ".join(quoted(parameter) for parameter, _ in parameters) + " -> " + text(returns)
    statements = render("rpc.sql" if len(kinds) == 1 else "rpc_row.sql", parts)
    return SqlObject("function", f"{text(called)}({types})", "", maker.cache.name, statements, shape)


def rollover(maker: Maker, bound: BoundRollover) -> SqlObject:
    f = maker.f
    declared = maker.cache.declared.rollover
    assert declared is not None
    history = declared.history
    called = sql.Identifier(maker.cache.target.schema, declared.rpc)
    values = dict(history.values)
    measures = [(n, m.name) for n, m in enumerate(maker.cache.measures, 1) if m.name in values]
    history_columns = joined(name(values[measure]) for _, measure in measures)
    result = [
        *zip(history.key, (column.type for column in maker.cache.key), strict=True),
        (history.from_column, "date"),
        (history.to_column, "date"),
        *((values[measure], "numeric") for _, measure in measures),
    ]
    parts = {
        **maker.shared,
        "rpc": called,
        "comment": maker.comment("Closes every period that ended before a day and opens the next ones."),
        "result_columns": joined(sql.SQL("{} {}").format(name(column), raw(kind)) for column, kind in result),
        "target_keys": joined(
            sql.SQL("t.{} AS {}").format(name(column.name), raw(f"key_{n}"))
            for n, column in enumerate(maker.cache.key, 1)
        ),
        "target_key_columns": joined(sql.SQL("t.{}").format(name(column.name)) for column in maker.cache.key),
        "to_column": name(bound.period.to_column),
        "recurrence": name(declared.recurrence),
        "match_due": f.match(f.alias, "v_due.{}"),
        "match_due_target": f.match(raw("t"), "v_due.{}"),
        "expected_period": f.expected("v_row", [("v_from", "v_to")]),
        "history": bound.history.identifier,
        "history_period": joined([name(history.from_column), name(history.to_column)]),
        "history_columns": history_columns,
        "history_values": joined(raw(f"v_values[{n}]") for n, _ in measures),
        "history_key": joined(name(column) for column in history.key),
        "history_from": name(history.from_column),
        "match_history": joined(
            (
                equal(sql.SQL("h.{}").format(name(mine)), column, raw(f"v_due.key_{n}"))
                for n, (mine, column) in enumerate(zip(history.key, maker.cache.key, strict=True), 1)
            ),
            " AND ",
        ),
        "due_keys": numbered("key", f.keys, "v_due.{}"),
        "period_columns": joined([name(bound.period.from_column), name(bound.period.to_column)]),
        "recompute": f.internal("_recompute"),
    }
    shape = ", ".join(f"{quoted(column)} {kind}" for column, kind in result)
    return SqlObject("function", f"{text(called)}(date)", "", maker.cache.name, render("rollover.sql", parts), shape)

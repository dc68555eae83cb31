"""What the triggers of a source that names its key itself have in common: the deltas of a statement, key by key."""

from __future__ import annotations

from collections.abc import Callable

from psycopg import sql

from pgcache.bound import BoundSource
from pgcache.compile.fragments import Fragment, equal, joined, present, raw
from pgcache.compile.maker import Maker
from pgcache.compile.unread import skip_unread
from pgcache.template import Parts, render

_TELL = raw("set_config('pgcache.maintaining', pg_trigger_depth()::text, true) IS NOT NULL")


def gathering(maker: Maker, source: BoundSource, event: str, prefix: str) -> dict[str, Fragment]:
    """What a trigger function needs to find what its statement changed where it changed a single row, and to tell so.

    `prefix` is that of what a row is looked up by, and grouped by: "key", or "on" for a mapping's values.
    """
    f = maker.f
    two = event == "update"
    columns = f.row_keys(source)
    names = [f"{prefix}_{n}" for n in range(1, len(columns) + 1)]
    same = [
        equal(raw(f"v_row.{called}"), column, raw(f"v_delta.{called}"))
        for called, (column, _) in zip(names, columns, strict=True)
    ]
    if prefix == "on":
        names.append("within_1")
        same.append(raw("v_row.within_1 = v_delta.within_1"))
    variables = [f"v_mixed boolean := {_overlaps(maker, source).as_string(None)}"]
    if prefix == "key" and maker.cache.stays_open(source):
        variables.append("v_mixed_since boolean")
    if two and prefix == "key":
        variables.append("v_row record")
    if two:
        variables += ["v_rows integer := 0", "v_several boolean"]
    maintain = maintained = ""
    if _guarded(maker):
        variables.append("v_outer text")
        maintain = render("fragments/maintain.sql", {}).strip()
        maintained = "PERFORM set_config('pgcache.maintaining', v_outer, true);"
    parts = {
        "keys": joined(raw(called) for called in names),
        "keys_present": present(prefix, len(columns)),
        "rows": f.changed_rows(source, event, prefix),
        "value_names": f.each("value_{n}::numeric"),
        "more": f.more(event),
        "same_key": joined(same, " AND "),
        "add_row": f.each("v_delta.value_{n} := v_delta.value_{n} + v_row.value_{n};", "\n            "),
    }
    return {
        "variables": raw(";\n    ".join(variables)),
        "rows": parts["rows"],
        "skip_unread": skip_unread(maker, source.relation, event, source),
        "gather": raw(render(f"fragments/gather_{'two' if two else 'one'}.sql", parts).strip()),
        "several": raw("v_several" if two else "v_delta.several"),
        "maintaining": raw("current_setting('pgcache.maintaining', true) <> ''" if maintain else "false"),
        "maintain": raw(maintain),
        "maintained": raw(maintained),
        "delta_changed": f.each("v_delta.value_{n} <> 0", " OR "),
        "adjusted": f.adjusted(raw("t"), "v_delta.value_{n}"),
    }


def statement_parts(maker: Maker, source: BoundSource, event: str) -> dict[str, Fragment]:
    """What a trigger function needs to find the delta of its statement, or those of several keys."""
    f = maker.f
    parts = gathering(maker, source, event, "key")
    recompute = {**maker.shared, **parts, "key_json": f.key_json("v_delta.{}"), "mixed": f.mixed("s")}
    again = render("fragments/recompute_mixed.sql", recompute).strip() if maker.cache.stays_open(source) else ""
    return {
        **parts,
        "recompute_mixed": raw(again),
        "sums": f.each("sum(value_{n})::numeric AS value_{n}"),
        "key_json": f.key_json("v_delta.{}"),
        "match_delta": f.match(raw("t"), "v_delta.{}"),
    }


def adjusting_statement(maker: Maker, parts: Parts, adjust: Callable[[Fragment | None], str]) -> Parts:
    """Adds to `parts` the statements of a trigger function whose rows name their key; for `adjust` see `adjusting`."""
    filled = {**maker.shared, **parts, **adjusting(maker, adjust)}
    return {**parts, "adjust_statement": raw(render("fragments/adjust_statement.sql", filled).strip())}


def _overlaps(maker: Maker, source: BoundSource) -> Fragment:
    """Whether another statement is open; this one stays so where triggers on the target may interfere with it."""
    return maker.f.meets("s") if maker.cache.stays_open(source) else maker.f.mixed("s")


def adjusting(maker: Maker, adjust: Callable[[Fragment | None], str]) -> Parts:
    """What applies a delta to its target row, in two ways: where the guard was told before, and where it is told so.

    Parameters
    ----------
    maker:
        Of the cache.
    adjust:
        Renders the statements; it takes the condition, always true, by which the first of them tells the guard, if any.
    """
    if not _guarded(maker):
        return {"adjust": raw(adjust(None)), "adjust_one": raw(adjust(None))}
    # Assigned, since a PERFORM would go through the executor.
    untell = "v_outer := set_config('pgcache.maintaining', '', true);"
    return {"adjust": raw(adjust(None)), "adjust_one": raw(f"{adjust(_TELL)}\n        {untell}")}


def _guarded(maker: Maker) -> bool:
    """Whether there is a trigger on the target that asks who updates it."""
    return maker.cache.declared.guard != "off" and not maker.cache.declared.creates


def telling(condition: Fragment, tell: Fragment | None) -> Fragment:
    """A condition on the target row whose update is to tell the guard: a statement of its own would cost more."""
    return condition if tell is None else sql.SQL("{} AND {}").format(condition, tell)

"""What the triggers of a source that names its key itself have in common: the deltas of a statement, key by key."""

from __future__ import annotations

from pgcache.bound import BoundSource
from pgcache.compile.fragments import Fragment, equal, joined, raw
from pgcache.compile.maker import Maker
from pgcache.template import render


def statement_parts(maker: Maker, source: BoundSource, event: str) -> dict[str, Fragment]:
    """What a trigger function needs to go through the deltas of its statement, and to pass the guard."""
    f = maker.f
    variables = [
        "v_row record",
        "v_delta record",
        "v_deltas refcursor",
        "v_rows integer := 0",
        "v_several boolean := false",
        f"v_mixed boolean := {f.mixed('s').as_string(None)}",
    ]
    maintain = maintained = ""
    # Without a trigger that guards the target, nobody asks who updates it.
    if maker.cache.declared.guard != "off" and not maker.cache.declared.creates:
        variables += ["v_outer text", "v_depth text := pg_trigger_depth()::text"]
        maintain = render("fragments/maintain.sql", {}).strip()
        maintained = "v_outer := set_config('pgcache.maintaining', v_outer, true);"
    parts: dict[str, Fragment] = {
        "rows": f.changed_rows(source, event, "key"),
        "value_names": f.each("value_{n}::numeric"),
        "sums": f.each("sum(value_{n})::numeric AS value_{n}"),
        "same_key": joined(
            (equal(raw(f"v_row.key_{n}"), key, raw(f"v_delta.key_{n}")) for n, key in enumerate(maker.cache.key, 1)),
            " AND ",
        ),
        "add_row": f.each("v_delta.value_{n} := v_delta.value_{n} + v_row.value_{n};", "\n            "),
        "delta_changed": f.each("v_delta.value_{n} <> 0", " OR "),
        "maintain": raw(maintain),
    }
    gather = render("fragments/gather.sql", {**maker.shared, **parts}).strip()
    return {
        "variables": raw(";\n    ".join(variables)),
        "gather": raw(gather),
        "next_delta": raw(render("fragments/next_delta.sql", {}).strip()),
        "maintained": raw(maintained),
        "key_json": f.key_json("v_delta.{}"),
        "match_delta": f.match(raw("t"), "v_delta.{}"),
        "adjusted": f.adjusted(raw("t"), "v_delta.value_{n}"),
    }

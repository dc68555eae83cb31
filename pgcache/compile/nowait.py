"""What keeps a cache exact without a writer that waits: tables of pending deltas, and what folds them."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from pgcache.bound import BoundSource
from pgcache.compile.figures import all_waiting, pending
from pgcache.compile.fragments import Fragment, equal, joined, name, numbered, present, raw, slots
from pgcache.compile.maker import Maker
from pgcache.compile.mapped import behind, slot_of
from pgcache.compile.objects import SqlObject
from pgcache.compile.statement import adjusting_statement, statement_parts
from pgcache.compile.unread import skip_unread
from pgcache.template import Parts, render, text


def pending_tables(maker: Maker) -> Iterator[SqlObject]:
    """Where deltas wait: one table for the sources that name their key themselves, one for each other source."""
    for suffix, source in maker.cache.pendings:
        table = pending(maker.f, source)
        position = pending_columns(maker, source)
        columns = [raw(f"{column} {kind}") for column, kind in position]
        columns += [raw(f"value_{n} numeric NOT NULL") for n in range(1, maker.f.values + 1)]
        looked_up = numbered(source.looked_up_by, len(maker.f.row_keys(source)))
        parts = {
            "pending": table,
            "columns": joined(columns, ",\n    "),
            "index": name(f"{maker.cache.name}{suffix}_key"),
            "position": looked_up,
            "comment": maker.comment("Deltas that wait for their target row to be free."),
        }
        shape = ", ".join(text(column) for column in columns)
        statements = render("nowait/pending.sql", parts)
        yield SqlObject("table", text(table), "", maker.cache.name, statements, shape, maintains=True)


def pending_columns(maker: Maker, source: BoundSource) -> list[tuple[str, str]]:
    """The names and types of what a pending delta is applied by: mapping values or the key, and the position."""
    looked_up_by = source.looked_up_by
    columns = [(f"{looked_up_by}_{n}", column.type) for n, (column, _) in enumerate(maker.f.row_keys(source), 1)]
    if source.period:
        columns.append(("within_1", source.period.type))
    return columns


def pending_sum(maker: Maker) -> SqlObject:
    """The function that adds up what is pending for one key."""
    f = maker.f
    parameters = f.sum_parameters()
    types = raw(", ".join(kind for _, kind in parameters))
    return maker.function(
        "_pending",
        "sum.sql",
        text(types),
        "What is pending for one key.",
        {
            "sum": f.internal("_pending"),
            "parameters": raw(", ".join(f"{parameter} {kind}" for parameter, kind in parameters)),
            "types": types,
            "totals": sql.SQL("ARRAY[{}]::numeric[]").format(f.each("coalesce(sum(s.value_{n}), 0)")),
            "key_rows": all_waiting(f, for_key=True),
        },
        shape=", ".join(parameter for parameter, _ in parameters),
        maintains=True,
    )


def folding_functions(maker: Maker) -> Iterator[SqlObject]:
    """What folds pending deltas: one function for each of their tables."""
    for suffix, source in maker.cache.pendings:
        called = suffix.replace("pending", "fold")
        comment = f"Folds what is pending into {maker.cache.target}."
        if source.mapped:
            yield take(maker, source)
            template, parts = "nowait/fold_mapped.sql", fold_mapped_parts(maker, source)
        else:
            template, parts = "nowait/fold_direct.sql", fold_direct_parts(maker, source)
        yield maker.function(called, template, "bigint, boolean", comment, parts, maintains=True)


# A source that names its key itself


def direct_parts(maker: Maker, source: BoundSource, event: str) -> Parts:
    """The trigger of a source that names its key itself."""
    f = maker.f
    shared = statement_parts(maker, source, event)
    parts = {
        **shared,
        "adjusted_and_folded": f.adjusted(raw("t"), "v_delta.value_{n} + coalesce(sum(p.value_{n}), 0)"),
        "pending": pending(f, source),
        "pending_values": f.each("p.value_{n}"),
        "match_pending": match_pending(maker, source, "v_delta.key_{n}"),
        "delta_values": joined([numbered("key", f.keys, "v_delta.{}"), f.each("v_delta.value_{n}")]),
        # A row that is gone was deleted by this transaction: nobody else can, while rows that refer to it come and go.
        "may_wait": sql.SQL("EXISTS (SELECT FROM {} AS t WHERE {})").format(
            maker.cache.target.identifier, shared["match_delta"]
        )
        if source.protected and not maker.cache.declared.creates
        else raw("true"),
    }
    parts |= making_parts(maker, "direct", "v_delta.{}", parts)

    def adjust(tell: Fragment | None) -> str:
        waiting = sql.SQL("EXISTS (SELECT FROM {} AS p WHERE {})").format(parts["pending"], parts["match_pending"])
        waiting = waiting if tell is None else sql.SQL("{} AND {}").format(tell, waiting)
        return render("fragments/take_or_append.sql", {**maker.shared, **parts, "waiting": waiting}).strip()

    return adjusting_statement(maker, parts, adjust)


def fold_direct_parts(maker: Maker, source: BoundSource) -> Parts:
    f = maker.f
    parts = {
        "pending": pending(f, source),
        "pending_keys": numbered("key", f.keys, "p.{}"),
        "pending_values": f.each("p.value_{n}"),
        "pending_sums": f.each("coalesce(sum(p.value_{n}), 0) AS value_{n}"),
        "match_pending": match_pending(maker, source, "v_key.key_{n}"),
        "read_made": raw(""),
        **applying_parts(maker),
    }
    parts |= making_parts(maker, "mapped", "v_key.{}", parts)
    fragment = "skip_missing" if maker.cache.declared.creates else "forget_missing"
    forget_missing = render(f"fragments/{fragment}.sql", {**maker.shared, **parts, "keep_away": keep_away(maker)})
    return {**parts, "forget_missing": raw(forget_missing.strip())}


# A source whose key comes through a mapping, or that counts within a period of the target row


def mapped_parts(maker: Maker, source: BoundSource, event: str) -> Parts:
    """The trigger of such a source."""
    f = maker.f
    on_count = len(f.row_keys(source))
    share: Fragment = raw("")
    if source.through:
        columns = [column for column, _ in source.through.on]
        share = sql.SQL("PERFORM pgcache.share_slots({}, {});").format(
            f.literal, slots([f"ARRAY[v_row.on_{n}]" for n in range(1, on_count + 1)], columns)
        )
    values = [raw("v_row.within_1"), f.each("v_row.value_{n}")]
    pending_rows = [numbered("on", on_count, "v_row.{}"), *([raw("r.within_1")] if source.period else [])]
    return {
        "skip_unread": skip_unread(maker, source.relation, event, source),
        "rows": f.changed_rows(source, event, "on"),
        "ons": numbered("on", on_count),
        "ons_present": present("on", on_count),
        "meets": f.meets("s"),
        "mixed": f.mixed("s"),
        "value_lists": f.each("array_agg(value_{n}::numeric) AS value_{n}"),
        "finite_values": f.each("coalesce(value_{n}::numeric NOT IN ('NaN', 'Infinity', '-Infinity'), true)", " AND "),
        "share_slots": share,
        "key_json": f.key_json("v_key.{}"),
        "take": f.internal(f"_s{source.number}_take"),
        "row_values": joined([numbered("on", on_count, "v_row.{}"), *values]),
        "row_arrays": joined(values),
        "value_names": numbered("value", f.values),
        "pending": pending(f, source),
        "pending_rows": joined([*pending_rows, f.each("r.value_{n}")]),
        **behind(maker, source, "v_row.on_{n}"),
    }


def take(maker: Maker, source: BoundSource) -> SqlObject:
    """The function that applies amounts to every target row behind a mapping value, or to none."""
    f = maker.f
    ons = [column for column, _ in f.row_keys(source)]
    within = source.period.type if source.period else "boolean"
    measures = range(1, f.values + 1)
    parameters = [(f"p_on_{n}", column.type) for n, column in enumerate(ons, 1)]
    parameters += [("p_within_1", f"{within}[]"), *((f"p_value_{n}", "numeric[]") for n in measures)]
    gathered = ["within_1", *(f"value_{n}" for n in measures)]
    collected = [*(f"key_{n}" for n in range(1, f.keys + 1)), "from_1", "to_1"]
    kinds = [*(column.type for column in maker.cache.key), within, within]
    values = [*(f"v_key.key_{n}" for n in range(1, f.keys + 1)), "v_target.from_1", "v_target.to_1"]
    variables = [f"v_within_1 {within}[]", *(f"v_value_{n} numeric[]" for n in measures)]
    variables += [f"v_{column} {kind}[] := '{{}}'::{kind}[]" for column, kind in zip(collected, kinds, strict=True)]
    match_key = f.match(raw("t"), "v_key.{}")
    row = sql.SQL("EXISTS (SELECT FROM {} AS t WHERE {})")
    gone: Fragment = sql.SQL("NOT {}").format(row.format(maker.cache.target.identifier, match_key))
    if maker.cache.declared.creates:
        gone = raw("false")
    elif not source.protected:
        gone = sql.SQL("(p_alone AND {})").format(gone)
    still_gone: Fragment = raw("true")
    if source.through is None:
        # One statement, one snapshot: where the row has appeared meanwhile, so has what counts for it.
        mine = joined(
            (equal(sql.SQL("t.{}").format(name(c.name)), c, raw(f"p_on_{n}")) for n, c in enumerate(ons, 1)), " AND "
        )
        still_gone = sql.SQL("(v_key_1 <> '{{}}' OR NOT {})").format(row.format(maker.cache.target.identifier, mine))
    parts = {
        "parameters": raw(", ".join(f"{parameter} {kind}" for parameter, kind in parameters)),
        "types": raw(", ".join(kind for _, kind in parameters)),
        "variables": raw(";\n    ".join(variables)),
        "take_slot": take_slot(maker, source),
        "period": f.period(source.period),
        "collect": raw(
            "\n            ".join(
                f"v_{column} := array_append(v_{column}, {value});"
                for column, value in zip(collected, values, strict=True)
            )
        ),
        "gone": gone,
        "still_gone": still_gone,
        "pending": pending(f, source),
        "match_pending": match_pending(maker, source, "p_on_{n}"),
        "folded_rows": joined([raw("p.within_1" if source.period else "true AS within_1"), f.each("p.value_{n}")]),
        "gathered": joined(raw(f"array_agg(r.{column})") for column in gathered),
        "gathered_into": raw(", ".join(f"v_{column}" for column in gathered)),
        "gathered_arrays": raw(", ".join(f"v_{column}" for column in gathered)),
        "given_arrays": raw(", ".join(f"p_{column}" for column in gathered)),
        "collected_arrays": raw(", ".join(f"v_{column}" for column in collected)),
        "value_names": numbered("value", f.values),
        "read_made": raw("IF FOUND THEN SELECT true AS from_1, true AS to_1 INTO v_target; END IF;"),
        **applying_parts(maker),
        **behind(maker, source, "p_on_{n}"),
    }
    parts |= making_parts(maker, "mapped", "v_key.{}", parts)
    comment = f"Applies amounts to all rows of {maker.cache.target} behind a mapping value, or to none."
    shape = ", ".join(parameter for parameter, _ in parameters)
    types = f"{text(parts['types'])}, boolean, boolean"
    return maker.function(
        f"_s{source.number}_take", "nowait/take.sql", types, comment, parts, shape=shape, maintains=True
    )


def fold_mapped_parts(maker: Maker, source: BoundSource) -> Parts:
    f = maker.f
    columns = f.row_keys(source)
    within = source.period.type if source.period else "boolean"
    looked_up = [raw(f"p.{source.looked_up_by}_{n} AS on_{n}") for n in range(1, len(columns) + 1)]
    nothing = [raw(f"NULL::{within}[]"), *(raw("NULL::numeric[]") for _ in maker.cache.measures)]
    pairs = (
        sql.SQL("{}, v_row.{}::text").format(sql.Literal(column.name), raw(f"on_{n}"))
        for n, (column, _) in enumerate(columns, 1)
    )
    return {
        "pending": pending(f, source),
        "pending_keys": joined(looked_up),
        "ons": numbered("on", len(columns)),
        "take": f.internal(f"_s{source.number}_take"),
        "row_values": joined([numbered("on", len(columns), "v_row.{}"), *nothing]),
        "row_json": sql.SQL("jsonb_build_object({})").format(joined(pairs)),
        "keep_away": keep_away(maker),
    }


def take_slot(maker: Maker, source: BoundSource) -> Fragment:
    """What keeps the mapping of a value as it is, or gives up."""
    if source.through is None:
        return raw("")
    parts = {"slot": slot_of([(column, raw(f"p_on_{n}")) for n, (column, _) in enumerate(source.through.on, 1)])}
    return raw(render("fragments/take_slot.sql", {**maker.shared, **parts}).strip())


# What the others share


def applying_parts(maker: Maker) -> dict[str, Fragment]:
    return {
        "match_key": maker.f.match(raw("t"), "v_key.{}"),
        "key_json": maker.f.key_json("v_key.{}"),
        "delta_changed": maker.f.each("v_delta.value_{n} <> 0", " OR "),
        "adjusted": maker.f.adjusted(raw("t"), "v_delta.value_{n}"),
    }


def match_pending(maker: Maker, source: BoundSource, value: str) -> Fragment:
    """The pending deltas of a key or a mapping value."""
    columns = maker.f.row_keys(source)
    return joined(
        (
            equal(raw(f"p.{source.looked_up_by}_{n}"), column, raw(value.replace("{n}", str(n))))
            for n, (column, _) in enumerate(columns, 1)
        ),
        " AND ",
    )


def making_parts(maker: Maker, kind: str, key: str, parts: Parts) -> dict[str, Fragment]:
    """What a created target does about a key without a row."""
    if not maker.cache.declared.creates:
        return {"make_row": raw(""), "await_row": raw("")}
    slot = slot_of([(column, raw(key.replace("{}", f"key_{n}"))) for n, column in enumerate(maker.cache.key, 1)])
    filled = {
        **maker.shared,
        **parts,
        "row_slot": slot,
        "key_columns": joined(name(column.name) for column in maker.cache.key),
        "key_values": numbered("key", maker.f.keys, key),
    }
    return {
        "make_row": raw(render(f"fragments/make_row_{kind}.sql", filled).strip()),
        "await_row": raw(render("fragments/claim_row.sql", filled).strip()),
    }


def keep_away(maker: Maker) -> Fragment:
    """What keeps rows from appearing in the target, where no foreign key promises them."""
    if not maker.cache.appearing:
        return raw("")
    return raw(render("fragments/keep_away.sql", {"appearing_lock": maker.f.internal("_appearing")}).strip())

"""The trigger functions that keep a cache exact."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from pgcache.bound import BoundSource, BoundThrough
from pgcache.compile import nowait
from pgcache.compile.figures import settled
from pgcache.compile.fragments import Fragment, joined, name, numbered, present, raw, slots
from pgcache.compile.maker import Maker
from pgcache.compile.mapped import behind, slot_of
from pgcache.compile.objects import SqlObject
from pgcache.compile.statement import adjusting, adjusting_statement, gathering, statement_parts, telling
from pgcache.compile.triggers import EVENTS
from pgcache.template import Parts, render


def maintaining_functions(maker: Maker) -> Iterator[SqlObject]:
    """The trigger functions of every source and mapping, and of TRUNCATE."""
    target = maker.cache.target
    for source in maker.cache.sources:
        template = "source_mapped.sql" if source.mapped else "source_direct.sql"
        source_parts = mapped_parts if source.mapped else direct_parts
        if maker.cache.nowait:
            template = f"nowait/{template}"
            source_parts = nowait.mapped_parts if source.mapped else nowait.direct_parts
        for event in EVENTS:
            comment = f"Adjusts {target} by what a statement changed in {source.relation}."
            yield maker.trigger_function(
                f"_s{source.number}_{event}", template, comment, source_parts(maker, source, event)
            )
            if source.through:
                comment = f"Adjusts {target} by what a change of {source.through.relation} moves."
                parts = mapping_parts(maker, source, source.through, event)
                yield maker.trigger_function(f"_m{source.number}_{event}", "mapping.sql", comment, parts)
    yield maker.trigger_function("_truncate", "truncate.sql", "Makes the cache exact after a TRUNCATE.", {})


def direct_parts(maker: Maker, source: BoundSource, event: str) -> Parts:
    """A source that names its key itself."""
    parts = {**statement_parts(maker, source, event), "inserted": maker.f.stored("v_delta.value_{n}")}

    def adjust(tell: Fragment | None) -> str:
        filled = {**maker.shared, **parts, "match_delta": telling(parts["match_delta"], tell)}
        filled = {**filled, **look_again(maker, source, "fragments/look_again_direct.sql", filled, "v_delta.{}")}
        return render("fragments/adjust_direct.sql", filled).strip()

    return adjusting_statement(maker, parts, adjust)


def look_again(maker: Maker, source: BoundSource, template: str, parts: Parts, key: str) -> Parts:
    """Adds what a writer does about a target row that it did not find: nothing where a foreign key promises it."""
    if maker.cache.declared.creates:
        template = template.replace("look_again", "insert")
    elif source.protected:
        return {**parts, "look_again": raw("")}
    missing = {
        "appearing_lock": maker.f.internal("_appearing"),
        "key_columns": joined(name(column.name) for column in maker.cache.key),
        "key_values": numbered("key", maker.f.keys, key),
    }
    return {**parts, "look_again": raw(render(template, {**maker.shared, **parts, **missing}).strip())}


def mapped_parts(maker: Maker, source: BoundSource, event: str) -> Parts:
    """A source whose key comes through a mapping, or that counts within a period of the target row."""
    f = maker.f
    ons = f.row_keys(source)
    on_count = len(ons)
    within = source.period.type if source.period else "boolean"
    measures = range(1, f.values + 1)
    gathered = [
        *(f"on_{n}" for n in range(1, on_count + 1)),
        "within_1",
        *(f"value_{n}" for n in measures),
    ]
    gathered_variables = [f"v_{column}" for column in gathered]
    collected = [*(f"key_{n}" for n in range(1, f.keys + 1)), "at_1", *(f"add_{n}" for n in measures)]
    values = [f"v_row.{column}" for column in ("within_1", *(f"value_{n}" for n in measures))]
    values = [*(f"v_key.key_{n}" for n in range(1, f.keys + 1)), *values]
    types = [*(column.type for column, _ in ons), within, *("numeric" for _ in measures)]
    collected_types = [
        *(column.type for column in maker.cache.key),
        within,
        *("numeric" for _ in measures),
    ]
    declarations = [f"{variable} {kind}[]" for variable, kind in zip(gathered_variables, types, strict=True)]
    declarations += [f"v_{column} {kind}[]" for column, kind in zip(collected, collected_types, strict=True)]
    mapping: Fragment = raw("(SELECT)")
    mapped: Fragment = raw("true")
    share: Fragment = raw("")
    mapped_keys = joined(raw(f"v_row.on_{n} AS key_{n}") for n in range(1, on_count + 1))
    if source.through:
        mapping = sql.SQL("({})").format(f.mapping_rows(source.through, source.through.relation.identifier))
        mapped = f.on_equal(source.through, "m", "v_row")
        mapped_keys = numbered("key", f.keys, "m.{}")
        share = sql.SQL("PERFORM pgcache.share_slots({}, {});").format(
            f.literal, slots([f"v_on_{n}" for n in range(1, on_count + 1)], [column for column, _ in ons])
        )
    shared = gathering(maker, source, event, "on")
    parts = {
        **shared,
        "variables": joined([raw(declaration) for declaration in declarations] + [shared["variables"]], ";\n    "),
        "gathered": joined(raw(f"array_agg(r.{column})") for column in gathered),
        "gathered_into": raw(", ".join(gathered_variables)),
        "gathered_arrays": raw(", ".join(gathered_variables)),
        "ons": numbered("on", on_count),
        "ons_present": present("on", on_count),
        "value_names": numbered("value", f.values),
        "share_slots": share,
        "mapping": mapping,
        "mapped": mapped,
        "mapped_keys": mapped_keys,
        "collect": raw(
            "\n            ".join(
                f"v_{column} := array_append(v_{column}, {value});"
                for column, value in zip(collected, values, strict=True)
            )
        ),
        "collected_arrays": raw(", ".join(f"v_{column}" for column in collected)),
        "value_lists": f.each("array_agg(value_{n}) AS value_{n}"),
        "key_arrays": joined([raw("v_key.within_1"), f.each("v_key.value_{n}")]),
        "mixed": f.mixed("s"),
        **adjusting_parts(maker, source),
    }

    def adjust(tell: Fragment | None) -> str:
        lies_within = raw("true")
        if source.period:
            lies_within = sql.SQL("v_delta.within_1 BETWEEN t.{} AND t.{}").format(
                name(source.period.from_column), name(source.period.to_column)
            )
        filled = {
            **maker.shared,
            **parts,
            **behind(maker, source, "v_delta.on_{n}"),
            "share_slot": share_slot(maker, source),
            "collect": f.each_key("v_key_{n} := array_append(v_key_{n}, v_key.key_{n});", "\n            "),
            "lies_within": telling(lies_within, tell),
        }
        return render("fragments/adjust_mapped.sql", filled).strip()

    return {**parts, **adjusting(maker, adjust)}


def share_slot(maker: Maker, source: BoundSource) -> Fragment:
    """What keeps the mapping of a single value as it is until the transaction ends."""
    if source.through is None:
        return raw("")
    slot = slot_of([(column, raw(f"v_delta.on_{n}")) for n, (column, _) in enumerate(source.through.on, 1)])
    return raw(render("fragments/share_slot.sql", {**maker.shared, "slot": slot}).strip())


def mapping_parts(maker: Maker, source: BoundSource, through: BoundThrough, event: str) -> Parts:
    """A mapping, whose changes move what the source rows behind it add."""
    f = maker.f
    on_count = len(through.on)
    columns = [*(f"on_{n}" for n in range(1, on_count + 1)), *(f"key_{n}" for n in range(1, f.keys + 1))]
    types = [*(column.type for column, _ in through.on), *(column.type for column in maker.cache.key)]
    variables = [f"v_{column}" for column in columns]
    parts = {
        "variables": raw(";\n    ".join(f"{v} {kind}[]" for v, kind in zip(variables, types, strict=True))),
        "gathered": joined(raw(f"array_agg({column})") for column in columns),
        "gathered_into": raw(", ".join(variables)),
        "gathered_arrays": raw(", ".join(variables)),
        "ons": numbered("on", on_count),
        "ons_present": present("on", on_count),
        "rows": f.changed_mapping(through, event),
        "claim_slots": sql.SQL("PERFORM pgcache.claim_slots({}, {});").format(
            f.literal, slots(variables[:on_count], [column for column, _ in through.on])
        ),
        "on_lists": joined(raw(f"array_agg(on_{n}) AS on_{n}") for n in range(1, on_count + 1)),
        "key_arrays": joined([numbered("on", on_count, "v_key.{}"), raw("v_key.times")]),
        "scaled_sums": f.each("v_row.times * sum(value_{n}) AS value_{n}"),
        "source": settled(f, source),
        "match_source": f.on_equal(through, "s", "v_row"),
        "meets": f.meets("m"),
        "mixed": f.mixed("m"),
        "match_gathered": f.match(raw("t"), "r.{}"),
        **adjusting_parts(maker, source),
    }
    cascading = event == "delete" and source.protected
    forget_gone = render("fragments/forget_gone.sql", {**maker.shared, **parts}).strip() if cascading else ""
    return {**parts, "forget_gone": raw(forget_gone)}


def adjusting_parts(maker: Maker, source: BoundSource) -> Parts:
    """What writers and mappers have in common: a locked target row, its period, and the delta that lies in it."""
    parts = {
        "period": maker.f.period(source.period),
        "match_key": maker.f.match(raw("t"), "v_key.{}"),
        "delta_changed": maker.f.each("v_delta.value_{n} <> 0", " OR "),
        "adjusted": maker.f.adjusted(raw("t"), "v_delta.value_{n}"),
        "key_json": maker.f.key_json("v_key.{}"),
    }
    return look_again(maker, source, "fragments/look_again_mapped.sql", parts, "v_key.{}")

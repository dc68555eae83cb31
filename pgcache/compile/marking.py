"""The trigger functions that mark the keys of a deferred cache, and what keeps marks from adding up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg import sql

from pgcache.catalog import Relation, pasted
from pgcache.compile.fragments import Fragment, joined, name, numbered, raw
from pgcache.compile.maker import Maker
from pgcache.compile.marks import Mark, Marking, Marks, dirty
from pgcache.compile.objects import SqlObject
from pgcache.compile.triggers import EVENTS, looks
from pgcache.compile.unread import skip_unread
from pgcache.template import render

# One in 127, by a clock: random() would disturb whoever has called setseed(). A prime, since a clock may count in tens.
_NOW_AND_THEN = raw("date_part('microseconds', clock_timestamp())::integer % 127 = 0")


def mark_functions(maker: Maker, marks: Marks) -> Iterator[SqlObject]:
    """The trigger functions that append marks."""
    yield _thin(maker, marks)
    for number, (relation, _, markings) in enumerate(marks.followed.values(), 1):
        for event in EVENTS:
            yield maker.trigger_function(
                f"_k{number}_{event}",
                "deferred/mark.sql",
                f"Marks the keys that a statement on {relation} touched.",
                _mark_parts(maker, marks, markings, relation, event),
            )
    comment = "Marks every key after a TRUNCATE."
    yield maker.trigger_function("_truncate", "deferred/truncate.sql", comment, {"dirty": dirty(maker)})
    if not maker.cache.declared.creates:
        comment = f"Marks the keys of rows of {maker.cache.target} that change, and guards their cached columns."
        yield maker.trigger_function("_target", "deferred/target.sql", comment, _target_parts(maker, marks))


def _thin(maker: Maker, marks: Marks) -> SqlObject:
    def kind(mark: Mark) -> str:
        parts = {
            "dirty": dirty(maker),
            "given": joined((raw(f"p_{called} IS NOT NULL") for called in mark.names), " AND "),
            "same": marks.holds(mark, "d", [raw(f"p_{called}") for called in mark.names]),
        }
        return render("deferred/fragments/thin_kind.sql", parts).strip()

    columns = [(called, column.type) for mark in marks.kinds for called, column in mark.named]
    types = ", ".join(of for _, of in columns)
    parts = {
        "types": raw(types),
        "parameters": raw(", ".join(f"p_{called} {of}" for called, of in columns)),
        "thin_kinds": joined((raw(kind(mark)) for mark in marks.kinds), "\n    "),
    }
    comment = "Leaves one of the marks of a key, or of a mapping's value."
    return maker.function("_thin", "deferred/thin.sql", types, comment, parts, maintains=True)


def _thinned(marks: Marks, kinds: Sequence[Mark], alias: str) -> Fragment:
    """The arguments of the function that thins out the marks in a row."""
    return joined(
        raw(f"{alias}.{called}") if mark in kinds else sql.SQL("NULL::{}").format(raw(column.type))
        for mark in marks.kinds
        for called, column in mark.named
    )


def _mark_parts(
    maker: Maker, marks: Marks, markings: Sequence[Marking], relation: Relation, event: str
) -> dict[str, Fragment]:
    kinds = [kind for kind in marks.kinds if any(marking.mark is kind for marking in markings)]
    versions = {"insert": ["new"], "update": ["new", "old"], "delete": ["old"]}[event]
    read = sorted(maker.cache.reads.get(relation.oid, ())) if event == "update" else []
    row_marks = marks_found = _versions(maker, markings, kinds, relation, versions, raw(""))
    if len(versions) > 1:
        row_marks = sql.SQL("(SELECT DISTINCT v.* FROM {} AS v)").format(row_marks)
    if read:
        image = sql.SQL("ROW({})").format(joined(sql.SQL("{}.{}").format(name(relation.name), name(c)) for c in read))
        placed = sql.SQL("row_number() OVER () AS place, {} AS image, ").format(image)
        pairs = {"versions": _versions(maker, markings, kinds, relation, versions, placed)}
        marks_found = sql.SQL("({})").format(raw(render("deferred/changed_marks.sql", pairs).strip()))
    parts = {
        "dirty": dirty(maker),
        "columns": joined(raw(called) for kind in kinds for called in kind.names),
        "skip_unread": skip_unread(maker, relation, event),
        "row_marks": row_marks,
        "marks": marks_found,
        "more": maker.f.more(event),
        "present": joined((sql.SQL("({})").format(kind.present) for kind in kinds), " OR "),
        "now_and_then": _NOW_AND_THEN,
        "thin": maker.f.internal("_thin"),
        "marked": _thinned(marks, kinds, "v_mark"),
        "found": _thinned(marks, kinds, "r"),
    }
    each_once = render("deferred/fragments/mark_each_once.sql", parts).strip()
    return {**parts, "mark_each_once": raw(each_once)}


def _versions(
    maker: Maker,
    markings: Sequence[Marking],
    kinds: Sequence[Mark],
    relation: Relation,
    versions: Sequence[str],
    extra: Fragment,
) -> Fragment:
    rows = (_rows(maker, markings, kinds, relation, version, extra) for version in versions)
    return sql.SQL("({})").format(joined(rows, " UNION ALL "))


def _rows(
    maker: Maker,
    markings: Sequence[Marking],
    kinds: Sequence[Mark],
    relation: Relation,
    version: str,
    extra: Fragment,
) -> Fragment:
    """The marks that the new or the old versions of rows make: each has its own columns, and leaves others empty.

    `extra` columns come before them.
    """

    def value(expression: str | None, of: str) -> Fragment:
        if expression is None:
            return sql.SQL("NULL::{}").format(raw(of))
        return sql.SQL("({})::{}").format(pasted(expression), raw(of))

    rows = []
    for marking in markings:
        given = dict(zip(marking.mark.names, marking.expressions, strict=True))
        values = [value(given.get(called), column.type) for kind in kinds for called, column in kind.named]
        if marking.where:
            where = pasted(marking.where)
            values = [sql.SQL("CASE WHEN ({}) THEN {} END").format(where, v) for v in values]
        rows.append(sql.SQL("({})").format(joined(values)))
    # The rows are read once, whatever they mark.
    return sql.SQL("SELECT {}pgcache_marks.* FROM {} AS {} CROSS JOIN LATERAL (VALUES {}) AS pgcache_marks({})").format(
        extra,
        maker.f.transition(version),
        name(relation.name),
        joined(rows),
        joined(raw(called) for kind in kinds for called in kind.names),
    )


def _target_parts(maker: Maker, marks: Marks) -> dict[str, Fragment]:
    f = maker.f
    columns = [sql.SQL("{}.{}").format(f.alias, name(column.name)) for column in maker.cache.key]
    bounds = [
        sql.SQL("{}.{}").format(f.alias, name(bound))
        for period in maker.cache.periods
        for bound in (period.from_column, period.to_column)
    ]
    basis = [*columns, *f.initial(), *bounds]
    restored = (sql.SQL("NEW.{0} := OLD.{0};").format(name(measure.name)) for measure in maker.cache.measures)
    return {
        "state": sql.SQL("{}, ROW({}) AS basis, {} AS cached").format(f.target_keys(), joined(basis), f.cached()),
        "dirty": dirty(maker),
        "new_keys": numbered("key", f.keys, "v_new.{}"),
        "now_and_then": _NOW_AND_THEN,
        "thin": f.internal("_thin"),
        "marked": _thinned(marks, marks.kinds[:1], "v_new"),
        "looks": looks(maker),
        "guard": sql.Literal(maker.cache.declared.guard),
        "restore": joined(restored, "\n                "),
        "key_json": f.key_json("v_new.{}"),
    }

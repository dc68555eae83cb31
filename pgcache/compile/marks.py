"""What marks the keys of a deferred cache: the table of marks, and the triggers that append to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from psycopg import sql

from pgcache.bound import BoundCache, BoundThrough
from pgcache.catalog import Column, Relation, pasted, quoted
from pgcache.compile.fragments import Fragment, as_type, equal, joined, name, numbered, present, raw
from pgcache.compile.maker import Maker
from pgcache.compile.objects import SqlObject
from pgcache.compile.triggers import EVENTS, looks, trigger
from pgcache.template import render, text


@dataclass(frozen=True)
class Mark:
    """What a mark holds: the key, or the value of a mapping that leads to it; `prefix` begins its columns' names."""

    prefix: str
    columns: tuple[Column, ...]
    through: BoundThrough | None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.prefix}_{n}" for n in range(1, len(self.columns) + 1))

    @property
    def present(self) -> Fragment:
        return present(self.prefix, len(self.columns))


@dataclass(frozen=True)
class Marking:
    """Rows of a table that mark something: those that fit `where`, by expressions over them."""

    where: str | None
    expressions: tuple[str, ...]
    mark: Mark


class Marks:
    """Everything that marks the keys of one cache.

    `followed` are the tables, each with its partitions and what their rows mark; `kinds` are the kinds of marks.
    """

    def __init__(self, cache: BoundCache) -> None:
        self.followed: dict[int, tuple[Relation, tuple[Relation, ...], list[Marking]]] = {}
        self.kinds = [Mark("key", cache.key, None)]
        for source in cache.sources:
            relation, descendants, where = source.relation, source.descendants, source.declared.where
            through = source.through
            while through:
                on = tuple(expression for _, expression in through.on)
                self._follow(relation, descendants, Marking(where, on, self._kind(through)))
                relation, descendants, where = through.relation, through.descendants, through.where
                keys = tuple(quoted(column.name) for column in through.key)
                through = through.through
            if not source.through:
                # As a mapping's are written, so that a table which is both marks its keys once.
                keys = tuple(quoted(key) if key in relation.columns else key for key in source.key)
            self._follow(relation, descendants, Marking(where, keys, self.kinds[0]))

    def _kind(self, through: BoundThrough) -> Mark:
        """The kind of mark for the values of a mapping; sources that share the mapping share it."""
        for kind in self.kinds:
            if kind.through == through:
                return kind
        columns = tuple(column for column, _ in through.on)
        self.kinds.append(Mark(f"via_{len(self.kinds)}", columns, through))
        return self.kinds[-1]

    def _follow(self, relation: Relation, descendants: tuple[Relation, ...], marking: Marking) -> None:
        _, _, markings = self.followed.setdefault(relation.oid, (relation, descendants, []))
        if marking not in markings:
            markings.append(marking)


def dirty(maker: Maker) -> Fragment:
    return maker.f.internal("_dirty")


def everything(kinds: Iterable[Mark], alias: str = "d") -> Fragment:
    """Whether a mark stands for every key."""
    return joined((raw(f"{alias}.{column} IS NULL") for kind in kinds for column in kind.names), " AND ")


def marks_table(maker: Maker, marks: Marks) -> SqlObject:
    """The table of marks, with indexes for whoever asks whether one key is marked."""
    table = text(dirty(maker))
    columns = [
        sql.SQL("{} {}").format(raw(called), raw(column.type))
        for kind in marks.kinds
        for called, column in zip(kind.names, kind.columns, strict=True)
    ]
    parts = {
        "dirty": dirty(maker),
        "columns": joined(columns, ",\n    "),
        "comment": maker.comment("The keys to compute anew, marked by triggers."),
    }
    statements = [render("deferred/dirty.sql", parts)]
    conditions = [(kind.prefix, joined(raw(n) for n in kind.names), kind.present) for kind in marks.kinds]
    nothing = joined((raw(f"{n} IS NULL") for kind in marks.kinds for n in kind.names), " AND ")
    for suffix, indexed, condition in [*conditions, ("all", raw("marked_at"), nothing)]:
        index = sql.Identifier(f"{maker.cache.name}_dirty_{suffix}")
        parts = {"index": index, "table": dirty(maker), "columns": indexed, "condition": condition}
        statements.append(render("deferred/index.sql", parts))
    shape = ", ".join(text(column) for column in columns)
    return SqlObject("table", table, "", maker.cache.name, "".join(statements), shape, maintains=True)


def mark_functions(maker: Maker, marks: Marks) -> Iterator[SqlObject]:
    """The trigger functions that append marks."""
    for number, (relation, _, markings) in enumerate(marks.followed.values(), 1):
        for event in EVENTS:
            yield maker.trigger_function(
                f"_k{number}_{event}",
                "deferred/mark.sql",
                f"Marks the keys that a statement on {relation} touched.",
                {"marks": _append(maker, markings, relation, event)},
            )
    comment = "Marks every key after a TRUNCATE."
    yield maker.trigger_function("_truncate", "deferred/truncate.sql", comment, {"dirty": dirty(maker)})
    if not maker.cache.declared.creates:
        comment = f"Marks the keys of rows of {maker.cache.target} that change, and guards their cached columns."
        yield maker.trigger_function("_target", "deferred/target.sql", comment, _target_parts(maker))


def _append(maker: Maker, markings: Sequence[Marking], relation: Relation, event: str) -> Fragment:
    """One statement for all marks: each has its own columns, and leaves those of the others empty."""
    versions = {"insert": ["new"], "update": ["new", "old"], "delete": ["old"]}[event]
    kinds: list[Mark] = []
    for marking in markings:
        if marking.mark not in kinds:
            kinds.append(marking.mark)
    rows: list[Fragment] = []
    for marking in markings:
        given = dict(zip(marking.mark.names, marking.expressions, strict=True))
        columns = joined(
            sql.SQL("{} AS {}").format(as_type(given.get(called, "NULL"), column), raw(called))
            for kind in kinds
            for called, column in zip(kind.names, kind.columns, strict=True)
        )
        where = sql.SQL(" WHERE ({})").format(pasted(marking.where)) if marking.where else raw("")
        rows += (
            sql.SQL("SELECT {} FROM {} AS {}{}").format(
                columns, maker.f.transition(version), name(relation.name), where
            )
            for version in versions
        )
    parts = {
        "dirty": dirty(maker),
        "columns": joined(raw(called) for kind in kinds for called in kind.names),
        "rows": sql.SQL("({})").format(joined(rows, " UNION ALL ")),
        "present": joined((sql.SQL("({})").format(kind.present) for kind in kinds), " OR "),
    }
    return raw(render("deferred/append.sql", parts).strip())


def _target_parts(maker: Maker) -> dict[str, Fragment]:
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
        "looks": looks(maker),
        "guard": sql.Literal(maker.cache.declared.guard),
        "restore": joined(restored, "\n                "),
        "key_json": f.key_json("v_new.{}"),
    }


def mark_triggers(maker: Maker, marks: Marks) -> Iterator[SqlObject]:
    """Every trigger of a deferred cache, on its sources, on what lies between them and the key, and on its target."""
    prefix = f"pgcache_{maker.cache.name}"
    level = maker.cache.declared.triggers
    for number, (relation, descendants, _) in enumerate(marks.followed.values(), 1):
        cloned = level == "row" and relation.kind == "p"
        for table in (relation, *descendants):
            for event in EVENTS if table is relation or not cloned else ():
                yield trigger(maker, f"{level}_{event}", table, f"{prefix}_k{number}_{event}", f"_k{number}_{event}")
            yield trigger(maker, "truncate", table, f"{prefix}_k{number}_truncate", "_truncate")
    if not maker.cache.declared.creates:
        yield trigger(maker, "target_insert", maker.cache.target, f"~{prefix}_insert", "_target")
        yield trigger(maker, "target_update", maker.cache.target, f"~{prefix}_update", "_target")


def marked_keys(maker: Maker, marks: Marks, relation: str) -> Fragment:
    """The keys that some marks stand for now, with the time of the mark."""
    f = maker.f
    parts = [sql.SQL("SELECT {}, d.marked_at FROM {} AS d").format(numbered("key", f.keys, "d.{}"), raw(relation))]
    parts += [
        sql.SQL("SELECT {}, d.marked_at FROM {} AS d JOIN ({}) AS m ON {}").format(
            numbered("key", f.keys, "m.{}"), raw(relation), f.chained_rows(kind.through), _on(kind)
        )
        for kind in marks.kinds
        if kind.through
    ]
    return sql.SQL("({})").format(joined(parts, " UNION ALL "))


def is_marked(maker: Maker, marks: Marks, keys: Sequence[Fragment]) -> Fragment:
    """Whether a key is marked: itself, through a mapping, or with every other."""
    f = maker.f
    table = dirty(maker)

    def same(alias: str) -> Fragment:
        pairs = zip(maker.cache.key, keys, strict=True)
        return joined((equal(raw(f"{alias}.key_{n}"), c, key) for n, (c, key) in enumerate(pairs, 1)), " AND ")

    found = [
        sql.SQL("EXISTS (SELECT FROM {} AS d WHERE {})").format(table, everything(marks.kinds)),
        sql.SQL("EXISTS (SELECT FROM {} AS d WHERE {})").format(table, same("d")),
    ]
    found += [
        sql.SQL("EXISTS (SELECT FROM {} AS d JOIN ({}) AS m ON {} WHERE {})").format(
            table, f.chained_rows(kind.through), _on(kind), same("m")
        )
        for kind in marks.kinds
        if kind.through
    ]
    return joined(found, " OR ")


def consume(maker: Maker, marks: Marks, keys: Sequence[Fragment]) -> Fragment:
    """Deletes the marks of one key, and those of mapping values that lead to it alone."""
    f = maker.f
    table = dirty(maker)

    def same(alias: str) -> Fragment:
        pairs = zip(maker.cache.key, keys, strict=True)
        return joined((equal(raw(f"{alias}.key_{n}"), c, key) for n, (c, key) in enumerate(pairs, 1)), " AND ")

    deletes = [sql.SQL("DELETE FROM {} AS d WHERE {};").format(table, same("d"))]
    deletes += [
        sql.SQL(
            "DELETE FROM {table} AS d WHERE ({values}) IN (SELECT {ons} FROM ({rows}) AS m WHERE {same})"
            " AND NOT EXISTS (SELECT FROM ({rows}) AS m WHERE {on} AND NOT ({same}));"
        ).format(
            table=table,
            values=joined(raw(f"d.{called}") for called in kind.names),
            ons=numbered("on", len(kind.columns), "m.{}"),
            rows=f.chained_rows(kind.through),
            same=same("m"),
            on=_on(kind),
        )
        for kind in marks.kinds
        if kind.through
    ]
    return joined(deletes, "\n    ")


def _on(kind: Mark) -> Fragment:
    return joined(
        (
            equal(raw(f"m.on_{n}"), column, raw(f"d.{called}"))
            for n, (column, called) in enumerate(zip(kind.columns, kind.names, strict=True), 1)
        ),
        " AND ",
    )

"""The marks of a deferred cache: their kinds, their table, what triggers follow, and the keys that they lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from psycopg import sql

from pgcache.bound import BoundCache, BoundThrough
from pgcache.catalog import Column, Relation, quoted
from pgcache.compile.fragments import Fragment, equal, joined, numbered, present, raw
from pgcache.compile.maker import Maker
from pgcache.compile.objects import SqlObject
from pgcache.compile.triggers import EVENTS, trigger
from pgcache.template import render, text

# PostgreSQL takes no more columns in an index.
_INDEXED = 32


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
    def named(self) -> tuple[tuple[str, Column], ...]:
        return tuple(zip(self.names, self.columns, strict=True))

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

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of a mark."""
        return tuple(called for kind in self.kinds for called in kind.names)

    def everything(self, alias: str = "d") -> Fragment:
        """Whether a mark stands for every key."""
        return _empty(alias, self.names)

    def holds(self, mark: Mark, alias: str, values: Sequence[Fragment]) -> Fragment:
        """Whether a mark is of a kind and has some values: with what the columns before are, as their index has it."""
        before = [called for kind in self.kinds[: self.kinds.index(mark)] for called in kind.names]
        same = [
            equal(raw(f"{alias}.{called}"), column, value)
            for (called, column), value in zip(mark.named, values, strict=True)
        ]
        return joined([*([_empty(alias, before)] if before else []), *same], " AND ")

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


def _empty(alias: str, names: Iterable[str]) -> Fragment:
    return joined((raw(f"{alias}.{called} IS NULL") for called in names), " AND ")


def marks_table(maker: Maker, marks: Marks) -> SqlObject:
    """The table of marks, with an index for whoever asks whether one key is marked."""
    table = text(dirty(maker))
    columns = [
        sql.SQL("{} {}").format(raw(called), raw(column.type)) for kind in marks.kinds for called, column in kind.named
    ]
    parts = {
        "dirty": dirty(maker),
        "columns": joined(columns, ",\n    "),
        "index": sql.Identifier(f"{maker.cache.name}_dirty_values"),
        "indexed": joined(raw(called) for called in marks.names[:_INDEXED]),
        "comment": maker.comment("The keys to compute anew, marked by triggers."),
    }
    statements = render("deferred/dirty.sql", parts)
    shape = ", ".join(text(column) for column in columns)
    return SqlObject("table", table, "", maker.cache.name, statements, shape, maintains=True)


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
            numbered("key", f.keys, "m.{}"), raw(relation), f.chained_rows(kind.through), _on(marks, kind)
        )
        for kind in marks.kinds
        if kind.through
    ]
    return sql.SQL("({})").format(joined(parts, " UNION ALL "))


def is_marked(maker: Maker, marks: Marks, keys: Sequence[Fragment]) -> Fragment:
    """Whether a key is marked: itself, through a mapping, or with every other."""
    f = maker.f
    table = dirty(maker)
    found = [
        sql.SQL("EXISTS (SELECT FROM {} AS d WHERE {})").format(table, marks.everything()),
        sql.SQL("EXISTS (SELECT FROM {} AS d WHERE {})").format(table, marks.holds(marks.kinds[0], "d", keys)),
    ]
    found += [
        sql.SQL("EXISTS (SELECT FROM {} AS d JOIN ({}) AS m ON {} WHERE {})").format(
            table, f.chained_rows(kind.through), _on(marks, kind), _same_key(maker, keys)
        )
        for kind in marks.kinds
        if kind.through
    ]
    return joined(found, " OR ")


def stale_keys(maker: Maker, marks: Marks) -> Fragment:
    """A subquery over the keys that are marked, each once, but for what stands for every key."""
    f = maker.f
    parts = [
        sql.SQL("SELECT {} FROM {} AS d WHERE {}").format(_plain(maker, "d"), dirty(maker), marks.kinds[0].present)
    ]
    parts += [
        sql.SQL("SELECT {} FROM {} AS d JOIN ({}) AS m ON {}").format(
            _plain(maker, "m"), dirty(maker), f.chained_rows(kind.through), _on(marks, kind)
        )
        for kind in marks.kinds
        if kind.through
    ]
    return sql.SQL("({})").format(joined(parts, " UNION "))


def _plain(maker: Maker, alias: str) -> Fragment:
    """The key in the columns of a row, in the collation of the target, whatever theirs is."""
    return joined(
        sql.SQL("{0}.{1}{2} AS {1}").format(
            raw(alias),
            raw(f"key_{n}"),
            raw(f" COLLATE {column.collation}" if column.collation else ""),
        )
        for n, column in enumerate(maker.cache.key, 1)
    )


def consume(maker: Maker, marks: Marks, keys: Sequence[Fragment]) -> Fragment:
    """Deletes the marks of one key, and those of mapping values that lead to it alone."""
    f = maker.f
    same = _same_key(maker, keys)
    conditions = [marks.holds(marks.kinds[0], "d", keys)]
    conditions += [
        sql.SQL(
            "({values}) IN (SELECT {ons} FROM ({rows}) AS m WHERE {same})"
            " AND NOT EXISTS (SELECT FROM ({rows}) AS m WHERE {on} AND NOT ({same}))"
        ).format(
            values=joined(raw(f"d.{called}") for called in kind.names),
            ons=numbered("on", len(kind.columns), "m.{}"),
            rows=f.chained_rows(kind.through),
            same=same,
            on=_on(marks, kind),
        )
        for kind in marks.kinds
        if kind.through
    ]
    parts = ({"dirty": dirty(maker), "condition": condition} for condition in conditions)
    return joined((raw(render("deferred/fragments/consume.sql", part).strip()) for part in parts), "\n    ")


def _same_key(maker: Maker, keys: Sequence[Fragment]) -> Fragment:
    """Whether what a mapping leads to is a key."""
    pairs = zip(maker.cache.key, keys, strict=True)
    return joined((equal(raw(f"m.key_{n}"), c, key) for n, (c, key) in enumerate(pairs, 1)), " AND ")


def _on(marks: Marks, kind: Mark) -> Fragment:
    return marks.holds(kind, "d", [raw(f"m.on_{n}") for n in range(1, len(kind.columns) + 1)])

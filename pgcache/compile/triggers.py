"""The triggers of a cache, on its sources, mappings and target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from psycopg import sql

from pgcache.catalog import Relation
from pgcache.compile.fragments import Fragment, joined, name, raw
from pgcache.compile.maker import Maker
from pgcache.compile.objects import SqlObject
from pgcache.template import render

EVENTS = ("insert", "update", "delete")
_ALWAYS = raw("true")


def triggers(maker: Maker) -> Iterator[SqlObject]:
    """Every trigger of a cache.

    A statement fires the statement triggers of the table that it names alone, so each partition has its own; row
    triggers are cloned to the partitions by PostgreSQL itself.
    """
    prefix = f"pgcache_{maker.cache.name}"
    level = maker.cache.declared.triggers
    truncated: set[int] = set()
    for source in maker.cache.sources:
        followed = [(f"s{source.number}", source.relation, source.descendants)]
        if source.through:
            followed.append((f"m{source.number}", source.through.relation, source.through.descendants))
        for mark, relation, descendants in followed:
            if maker.cache.overlapping:
                for table in (relation, *descendants):
                    yield bracket(maker, "opens", table, f"{prefix}_{mark}_opens", mark[0])
                    if level == "row":
                        yield bracket(maker, "closes", table, f"{prefix}_{mark}_closes", mark[0])
            cloned = level == "row" and relation.kind == "p"
            for table in (relation, *descendants):
                for event in EVENTS if table is relation or not cloned else ():
                    yield trigger(maker, f"{level}_{event}", table, f"{prefix}_{mark}_{event}", f"_{mark}_{event}")
                if table.oid not in truncated:
                    truncated.add(table.oid)
                    yield trigger(maker, "truncate", table, f"{prefix}_{mark}_truncate", "_truncate")
    if maker.cache.declared.creates:
        return
    # Triggers of one kind fire in the order of their names, and these must see the row as the others leave it.
    yield trigger(maker, "target_insert", maker.cache.target, f"~{prefix}_insert", "_target")
    yield trigger(maker, "target_update", maker.cache.target, f"~{prefix}_update", "_target")
    moved = changed(column.name for column in maker.cache.key)
    yield trigger(maker, "target_deleted", maker.cache.target, f"~{prefix}_gone", "_gone")
    if maker.cache.appearing:
        # Where foreign keys refer to it, a TRUNCATE of the target is one of the sources too.
        yield trigger(maker, "truncate", maker.cache.target, f"~{prefix}_truncate", "_gone")
    if maker.cache.nowait and maker.cache.appearing:
        yield trigger(maker, "target_inserted", maker.cache.target, f"~{prefix}_inserted", "_appeared")
        yield trigger(maker, "target_moved", maker.cache.target, f"~{prefix}_moved", "_appeared", moved)
    elif maker.cache.forgets:
        yield trigger(maker, "target_moved", maker.cache.target, f"~{prefix}_left", "_gone", moved)


def changed(columns: Iterable[str]) -> Fragment:
    """Whether an update changes one of some columns."""
    return joined((sql.SQL("NEW.{0} IS DISTINCT FROM OLD.{0}").format(name(column)) for column in columns), " OR ")


MAINTAINING = raw("coalesce(current_setting('pgcache.maintaining', true), '') = (pg_trigger_depth() - 1)::text")
"""Whether it is pgcache that updates a target row: its functions set the depth of triggers at which they do."""


def looks(maker: Maker) -> Fragment:
    """When an update of a target row needs a look: a key, a basis, or a measure that somebody else writes."""
    basis = [column.name for column in maker.cache.key]
    basis += maker.cache.initial_columns
    for period in maker.cache.periods:
        basis += [period.from_column, period.to_column]
    conditions = [changed(dict.fromkeys(basis))]
    if maker.cache.declared.guard != "off":
        measures = changed(measure.name for measure in maker.cache.measures)
        conditions.append(sql.SQL("(NOT ({}) AND ({}))").format(MAINTAINING, measures))
    return joined(conditions, " OR ")


def bracket(maker: Maker, template: str, table: Relation, called: str, part: str) -> SqlObject:
    """A trigger that notes the beginning or the end of a statement on a source or a mapping."""
    parts = {
        "trigger": name(called),
        "table": table.identifier,
        "setting": maker.f.setting(),
        "part": sql.Literal(part),
    }
    statements = render(f"triggers/{template}.sql", parts)
    return SqlObject("trigger", called, table.quoted, maker.cache.name, statements, maintains=True)


def trigger(
    maker: Maker, template: str, table: Relation, called: str, function: str, when: Fragment = _ALWAYS
) -> SqlObject:
    """One trigger, by the template of its event."""
    parts = {"trigger": name(called), "table": table.identifier, "function": maker.f.internal(function), "when": when}
    statements = render(f"triggers/{template}.sql", parts)
    if template.startswith("target_") and maker.cache.declared.triggers == "row":
        statements += render("triggers/always.sql", parts)
    return SqlObject("trigger", called, table.quoted, maker.cache.name, statements, maintains=True)

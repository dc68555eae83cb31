"""The steps that a migration is made of, and the statements that they have alike for every cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from psycopg import sql

from pgcache.bound import BoundCache
from pgcache.compile import SqlObject
from pgcache.compile.fragments import SLOTS, raw
from pgcache.template import render

Action = Literal["create", "replace", "drop", "change", "backfill"]


@dataclass(frozen=True)
class Step:
    """One change: what is done to what, why, the statements that do it, and the one that remembers it.

    `before` and `after` show what the change is to a reader, where something is replaced.
    """

    action: Action
    label: str
    statements: str
    reason: str = ""
    record: str = ""
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        return f"{self.action} {self.label}" + (f" ({self.reason})" if self.reason else "")


@dataclass(frozen=True)
class Group:
    """Steps that are applied in one transaction.

    `locks` is run first and waits for writers; `record` remembers the declaration that all of it comes from; `backfill`
    names the cache to fill once the transaction has committed; `mended` tells what was damaged, so that what the
    backfill corrects is drift. What is `late` comes after the backfills: it drops what no cache uses any more.
    """

    name: str
    steps: tuple[Step, ...]
    locks: str = ""
    record: str = ""
    backfill: str | None = None
    mended: tuple[str, ...] = ()
    late: bool = False

    @property
    def statements(self) -> list[str]:
        """All statements in order: objects are remembered once all of them, and so the means to do it, are there."""
        records = (step.record for step in self.steps)
        return [self.locks, *(step.statements for step in self.steps), *records, self.record]


def registered(cache: BoundCache) -> dict[str, Any]:
    """The row of pgcache.cache."""
    declared = cache.declared

    def function(name: str) -> str:
        return sql.Identifier(cache.target.schema, name).as_string(None)

    return {
        "name": cache.name,
        "target": cache.target.quoted,
        "key_columns": list(declared.key),
        # When a row is due is compared like a figure.
        "measures": [column.name for column in (*cache.measures, *([cache.expires] if cache.expires else ()))],
        "mode": declared.mode,
        "guard": declared.guard,
        "threshold": declared.drift.threshold,
        "relative_threshold": declared.drift.relative_threshold,
        "action": declared.drift.action,
        "max_corrections": declared.drift.max_corrections,
        "sources": [table.quoted for table in cache.tables if table is not cache.target],
        "pending": [suffix for suffix, _ in cache.pendings],
        "rollover": function(declared.rollover.rpc) if declared.rollover else None,
        "timeline": function(declared.timeline.net_worth) if declared.timeline else None,
        "refresh_every": declared.refresh.every,
    }


def register(cache: BoundCache) -> str:
    """What makes a cache known to the database, with its slots where it has a mapping."""
    statements = render("register.sql", {key: sql.Literal(value) for key, value in registered(cache).items()})
    if not cache.deferred and any(source.through for source in cache.sources):
        parts = {"cache": sql.Literal(cache.name), "last_slot": sql.Literal(SLOTS - 1)}
        statements += render("slots.sql", parts)
    return statements


def record(object_: SqlObject, position: int) -> str:
    """What remembers an object as it was installed."""
    values = {
        "kind": object_.kind,
        "name": object_.name,
        "relation": object_.relation,
        "cache": object_.cache,
        "position": position,
        "shape": object_.shape,
        "declared": object_.statements,
    }
    return render("record.sql", {key: sql.Literal(value) for key, value in values.items()})


def drop(identity: tuple[str, str, str]) -> str:
    """What drops an object by its kind, name and relation."""
    kind, name, relation = identity
    # Names of functions and views are kept qualified and quoted, those of triggers bare.
    parts = {
        "name": sql.Identifier(name) if kind == "trigger" else sql.SQL(name),
        "relation": sql.SQL(relation),
    }
    return render(f"drop/{kind}.sql", parts)


def disable(identity: tuple[str, str, str]) -> str:
    """What keeps a trigger from firing."""
    _, name, relation = identity
    return render("disable_trigger.sql", {"name": sql.Identifier(name), "relation": raw(relation)})


def forget(identity: tuple[str, str, str]) -> str:
    """What forgets an object that is dropped."""
    return render("forget_object.sql", dict(zip(("kind", "name", "relation"), map(sql.Literal, identity), strict=True)))


def add_column(table: SqlObject, column: str) -> str:
    """What adds a column to a table that stays."""
    return render("add_column.sql", {"table": raw(table.name), "column": raw(column)})


def grant(object_: SqlObject, granted: Mapping[str, Any]) -> str:
    """What grants a privilege on an object again, as somebody had granted it before the object was dropped."""
    grantee = raw("PUBLIC") if granted["grantee"] is None else sql.Identifier(granted["grantee"])
    parts = {
        "privilege": raw(granted["privilege"]),
        "object": raw(f"{'FUNCTION' if object_.kind == 'function' else 'TABLE'} {object_.name}"),
        "grantee": sql.SQL("{} WITH GRANT OPTION").format(grantee) if granted["grantable"] else grantee,
    }
    return render("grant.sql", parts)


def setting(name: str, value: str) -> str:
    """What keeps a setting of the declaration."""
    return render("setting.sql", {"name": sql.Literal(name), "value": sql.Literal(value)})


def settle(cache: str) -> Step:
    """What folds the pending deltas of a cache."""
    return Step(
        "change", f"cache {cache}", render("settle.sql", {"cache": sql.Literal(cache)}), "what is pending is folded"
    )


def backfill(cache: str) -> Step:
    """What fills a cache."""
    return Step("backfill", f"cache {cache}", render("backfill.sql", {"cache": sql.Literal(cache)}))

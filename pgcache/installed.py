"""What the database holds of pgcache, and how that differs from what is declared."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Self

import psycopg
from psycopg import sql

from pgcache import queries
from pgcache.bound import BoundCache, BoundDeclaration
from pgcache.compile import SqlObject, compile_cache
from pgcache.compile.fragments import joined, raw
from pgcache.errors import DeclarationError
from pgcache.shipped import shipped_functions
from pgcache.steps import (
    Action,
    Group,
    Step,
    add_column,
    disable,
    drop,
    forget,
    grant,
    record,
    register,
    registered,
    setting,
    settle,
)
from pgcache.template import render


class Installed:
    """What the database holds of pgcache."""

    def __init__(
        self,
        objects: Sequence[queries.Row] = (),
        caches: Sequence[queries.Row] = (),
        settings: Sequence[queries.Row] = (),
    ) -> None:
        self.objects = {(row["kind"], row["name"], row["relation"]): row for row in objects}
        self.grants = {identity: row["grants"] for identity, row in self.objects.items()}
        self.caches = {row["name"]: row for row in caches}
        self.settings = {row["name"]: row["value"] for row in settings}

    @classmethod
    def read(cls, conn: psycopg.Connection[Any]) -> Self:
        if not queries.value(conn, "schema_exists"):
            return cls()
        readable = queries.value(conn, "object_text_exists")
        objects = queries.rows(conn, "installed" if readable else "recorded")
        return cls(objects, queries.rows(conn, "caches"), queries.rows(conn, "settings"))

    def undeclared(self, bound: BoundDeclaration, schemas: Sequence[str]) -> tuple[str, ...]:
        """The installed caches that are not declared; a declaration for some schemas says nothing of the others."""
        declared = {cache.name for cache in bound.caches}
        return tuple(
            name
            for name, row in self.caches.items()
            if name not in declared and (not schemas or row["target_schema"] in schemas)
        )

    def compare(self, bound: BoundDeclaration, pruned: Sequence[str]) -> Iterator[Group]:
        shipped = shipped_functions()
        steps = [*self._changes(shipped, 0), *map(_dropped, reversed(self._doomed(shipped, None)))]
        time_zone = bound.time_zone or ""
        if self.settings.get("time_zone", "") != time_zone:
            label = f"time zone to {time_zone or 'that of each session'}"
            steps.append(Step("change", label, setting("time_zone", time_zone)))
        yield Group("functions", tuple(steps))
        for name in pruned:
            yield self.dropped_cache(name, "it is not declared")
        objects = _compiled(bound.caches, shipped)
        for number, cache in enumerate(bound.caches, 1):
            yield from self._cache_groups(cache, objects[cache.name], 10_000 * number)

    def _cache_groups(self, cache: BoundCache, objects: Sequence[SqlObject], position: int) -> Iterator[Group]:
        """What brings a cache to its declaration, in one transaction, and what drops what it then has no use for.

        Dropping a trigger keeps readers of its table waiting, and readers who join two such tables could deadlock with
        it. So it is disabled first, which keeps writers away alone, and dropped in a transaction of its own.
        """
        rebuilt = self._rebuilt(objects)
        kept = [object_ for object_ in objects if not rebuilt or self._stays(object_)]
        locked = [*cache.tables, *([cache.target] if self._has_made(cache) else [])]
        locks = {"cache": sql.Literal(cache.name), "tables": joined(relation.identifier for relation in locked)}
        doomed = self._doomed(kept, cache.name)
        wanted = {object_.identity for object_ in objects}
        # A row trigger is cloned to the partitions, where it takes the place of one that has its name.
        names = {object_.name for object_ in objects if object_.kind == "trigger"}
        anew = [row for row in doomed if row["kind"] == "view" or _identity(row) in wanted or row["name"] in names]
        late = [row for row in doomed if row not in anew]
        drops = [*map(_disabled, _triggers(late)), *self._settlements(doomed), *map(_dropped, reversed(anew))]
        for row in anew:
            del self.objects[_identity(row)]
        changes = self._changes(objects, position)
        steps = [*drops, *changes]
        due = cache.name not in self.caches or self.caches[cache.name]["due"]
        changed = {object_.label for object_ in objects if object_.maintains}
        maintaining = bool(doomed) or any(step.label in changed for step in changes)
        registration = self._registration(cache)
        if registration or steps:
            steps.insert(0, registration or Step("change", f"cache {cache.name}", register(cache)))
        if not registration and steps and not changes and not doomed:
            steps = []
        mended = () if due or doomed else self._damage(objects, changed & {step.label for step in changes})
        if maintaining:
            parts = {"cache": sql.Literal(cache.name), "mended": sql.Literal(list(mended))}
            steps.append(Step("change", f"cache {cache.name}", render("due.sql", parts)))
        yield Group(
            f"cache {cache.name}",
            tuple(steps),
            render("lock_tables.sql", locks) if maintaining else "",
            backfill=cache.name if due or maintaining else None,
            mended=mended,
        )
        for relation in dict.fromkeys(row["relation"] for row in _triggers(late)):
            mine = (row for row in _triggers(late) if row["relation"] == relation)
            yield Group(f"cache {cache.name}, triggers on {relation}", tuple(map(_dropped, mine)), late=True)
        others = [row for row in late if row["kind"] != "trigger"]
        if others:
            yield Group(f"cache {cache.name}, what it had before", tuple(map(_dropped, reversed(others))), late=True)

    def _has_made(self, cache: BoundCache) -> bool:
        """Whether the target is a table that pgcache has created, which whoever corrects its rows has locked.

        Not that of a deferred cache: there is nearly always somebody in its turn to refresh who has it locked, and
        who may go on to write to a source, which would deadlock.
        """
        row = self.objects.get(("table", cache.target.quoted, ""))
        return not cache.deferred and row is not None and row["current"] is not None

    def _damage(self, objects: Sequence[SqlObject], labels: Container[str]) -> tuple[str, ...]:
        """What was done to objects behind pgcache's back; nothing where the declaration of one of them changed too."""
        rows = {object_.label: (object_, self.objects.get(object_.identity)) for object_ in objects}
        found = []
        for label, (object_, row) in rows.items():
            if label not in labels:
                continue
            if row is None or row["declared"] != object_.statements:
                return ()
            found.append(f"{label} was {_state(row)}")
        return tuple(found)

    def _rebuilt(self, objects: Sequence[SqlObject]) -> bool:
        """Whether a table of the cache must change, which the rest of its objects depend on."""
        rows = [(object_, self.objects.get(object_.identity)) for object_ in objects if object_.kind == "table"]
        return any(
            row is not None and (row["shape"] != object_.shape or row["installed"] != row["current"])
            for object_, row in rows
        )

    def _stays(self, object_: SqlObject) -> bool:
        """Whether an object need not be dropped where a table of its cache must be: it names that, or is widened."""
        return object_.kind in ("function", "trigger") or self._added(object_) is not None

    def _added(self, object_: SqlObject) -> tuple[str, ...] | None:
        """The columns that a table lacks which can stay with its rows; None for every other object."""
        row = self.objects.get(object_.identity)
        return object_.added_to(row["shape"]) if row is not None and row["current"] == row["installed"] else None

    def _registration(self, cache: BoundCache) -> Step | None:
        row = self.caches.get(cache.name)
        declared = cache.declared
        wanted = registered(cache)
        if row is not None and all(row[column] == value for column, value in wanted.items()):
            return None
        return Step("change" if row else "create", f"cache {cache.name}", register(cache), str(declared.location))

    def _changes(self, objects: Sequence[SqlObject], position: int) -> list[Step]:
        steps = []
        for number, object_ in enumerate(objects, position):
            row = self.objects.get(object_.identity)
            before = after = ""
            if row is None:
                action: Action = "create"
                reason = ""
            elif row["current"] is None:
                action, reason = "create", "it is missing in the database"
            elif row["current"] != row["installed"]:
                action, reason = "replace", "it was changed in the database"
                before, after = row["current"], row["installed"]
            elif row["declared"] != object_.statements:
                action, reason = "replace", "its declaration changed"
                before, after = row["declared"], object_.statements
            else:
                continue
            added = self._added(object_)
            dropped = drop(object_.identity) if row and row["shape"] != object_.shape and added is None else ""
            columns = "".join(add_column(object_, column) for column in added or ())
            statements = dropped + columns + object_.statements
            if dropped or row is None:
                # What was granted went with the object that was dropped, here or with the whole cache.
                statements += "".join(grant(object_, granted) for granted in self.grants.get(object_.identity, ()))
            steps.append(Step(action, object_.label, statements, reason, record(object_, number), before, after))
        return steps

    def _doomed(self, objects: Sequence[SqlObject], cache: str | None) -> list[queries.Row]:
        """What is installed and not wanted any more."""
        wanted = {object_.identity for object_ in objects}
        return [row for key, row in self.objects.items() if row["cache"] == cache and key not in wanted]

    def removed(self, name: str, rows: Sequence[queries.Row], *more: Step) -> Group:
        """What drops some objects in one transaction, which ends as well as nothing where a user's depends on one.

        Their tables are locked at once, and in the order in which writers come to them, when the first drop has told
        whether the role may: between two locks readers who join them could deadlock.
        """
        others = [row for row in rows if row["kind"] != "trigger"]
        drops = [*map(_dropped, _triggers(rows)), *self._settlements(others), *map(_dropped, reversed(others))]
        tables = dict.fromkeys(row["relation"] for row in _triggers(rows) if row["current"] is not None)
        if tables:
            locks = render("lock_tables_alone.sql", {"tables": raw(", ".join(tables))})
            drops[0] = replace(drops[0], statements=drops[0].statements + locks)
        return Group(name, (*drops, *more))

    def _settlements(self, rows: Sequence[queries.Row]) -> list[Step]:
        """What folds the pending deltas of tables that go, whose writers are kept away by then."""
        losing = {row["cache"] for row in rows if row["kind"] == "table" and row["cache"] in self.caches}
        return [settle(name) for name in sorted(losing) if self.caches[name]["pending"]]

    def dropped_cache(self, name: str, reason: str) -> Group:
        forgotten = render("forget_cache.sql", {"cache": sql.Literal(name)})
        return self.removed(f"cache {name}", self._doomed([], name), Step("drop", f"cache {name}", forgotten, reason))


def _identity(row: queries.Row) -> tuple[str, str, str]:
    return (row["kind"], row["name"], row["relation"])


def _label(row: queries.Row) -> str:
    return SqlObject(row["kind"], row["name"], row["relation"], row["cache"], "").label


def _triggers(rows: Iterable[queries.Row]) -> list[queries.Row]:
    return [row for row in rows if row["kind"] == "trigger"]


def _dropped(row: queries.Row) -> Step:
    return Step("drop", _label(row), drop(_identity(row)) + forget(_identity(row)))


def _disabled(row: queries.Row) -> Step:
    """What keeps a trigger from firing until it is dropped; nothing where it is missing."""
    statements = disable(_identity(row)) if row["current"] is not None else ""
    return Step("change", _label(row), statements, "it is disabled, to be dropped")


def _state(row: queries.Row) -> str:
    """What became of an object that is not as it was made."""
    if row["current"] is None:
        return "missing"
    # A trigger's text ends with the letter that tells when it fires.
    if row["kind"] == "trigger" and row["current"] == row["installed"][:-1] + "D":
        return "disabled"
    return "replaced"


def _namespace(object_: SqlObject) -> tuple[str, str, str]:
    """What no two objects may share: tables and views have one namespace, and functions are not overloaded."""
    kind = "relation" if object_.kind in ("table", "view") else object_.kind
    bare = object_.name.partition("(")[0].replace('"', "") if kind == "function" else object_.name
    return (kind, bare, object_.relation)


def _compiled(caches: Sequence[BoundCache], shipped: Sequence[SqlObject]) -> dict[str, list[SqlObject]]:
    """The objects of every cache, by its name, none of which is another's."""
    compiled = {cache.name: compile_cache(cache) for cache in caches}
    taken = {_namespace(object_): "pgcache itself" for object_ in shipped}
    problems = []
    for cache in caches:
        mine = f"cache {cache.name!r}"
        for object_ in compiled[cache.name]:
            other = taken.setdefault(_namespace(object_), mine)
            if other != mine:
                problems.append(
                    f"{cache.declared.location}: {mine}: its {object_.label} has the name of one of {other}; "
                    "rename the cache or its rpc"
                )
    if problems:
        raise DeclarationError(problems)
    return compiled

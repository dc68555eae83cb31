"""What a migration would change: the declaration compared with what the database really holds."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import psycopg
from psycopg import sql

from pgcache import presets, queries, resources, schema
from pgcache.bind import bind
from pgcache.bound import Advice, BoundCache, BoundDeclaration
from pgcache.catalog import Catalog
from pgcache.compile import SqlObject, compile_cache
from pgcache.compile.fragments import SLOTS, relation_list
from pgcache.errors import DeclarationError
from pgcache.model import Declaration
from pgcache.shipped import shipped_functions
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
    backfill corrects is drift.
    """

    name: str
    steps: tuple[Step, ...]
    locks: str = ""
    record: str = ""
    backfill: str | None = None
    mended: tuple[str, ...] = ()

    @property
    def statements(self) -> list[str]:
        """All statements in order: objects are remembered once all of them, and so the means to do it, are there."""
        records = (step.record for step in self.steps)
        return [self.locks, *(step.statements for step in self.steps), *records, self.record]


@dataclass(frozen=True)
class Plan:
    """Everything that migrate would do, in order.

    `undeclared` are installed caches that the declaration does not name; they are only dropped on request.
    """

    groups: tuple[Group, ...]
    warnings: tuple[Advice, ...] = ()
    undeclared: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for group in self.groups for step in group.steps) + tuple(
            _backfill(group.backfill) for group in self.groups if group.backfill
        )

    @property
    def empty(self) -> bool:
        return not self.steps


def make_plan(
    conn: psycopg.Connection[Any], declaration: Declaration, *, with_tables: bool = False, prune: bool = False
) -> Plan:
    """Compare a declaration with a database. Nothing is changed: what has to be tried is rolled back.

    Parameters
    ----------
    conn:
        An autocommit connection as the role that migrates.
    declaration:
        What pgcache.toml says.
    with_tables:
        Create the reference tables of the declaration's presets.
    prune:
        Drop the caches that are installed but not declared.

    Raises
    ------
    DeclarationError
        The declaration does not fit the database.
    """
    groups: list[Group] = []
    catalog = Catalog(conn)
    with catalog.reading():
        if with_tables:
            groups += _table_groups(catalog, declaration)
        bound = bind(declaration, catalog)
    installed = _Installed.read(conn)
    revisions = schema.pending_revisions(conn)
    steps = (Step("create", f"schema pgcache, revision {name}", text) for name, text in revisions.items())
    groups.append(Group("schema", tuple(steps)))
    undeclared = installed.undeclared(bound, declaration.schemas)
    groups += _recorded(installed.compare(bound, undeclared if prune else ()), declaration)
    return Plan(
        tuple(group for group in groups if group.steps or group.backfill),
        bound.warnings,
        () if prune else undeclared,
    )


def installation(conn: psycopg.Connection[Any], declaration: Declaration) -> tuple[Group, ...]:
    """What installs a declaration on tables like those of a database, whatever of pgcache that holds itself.

    The shipped functions come first, then one group for each cache, which begins with its registration.

    Raises
    ------
    DeclarationError
        The declaration does not fit the database.
    """
    catalog = Catalog(conn)
    with catalog.reading():
        bound = bind(declaration, catalog)
    return tuple(_recorded(_Installed().compare(bound, ()), declaration))


def _recorded(groups: Iterable[Group], declaration: Declaration) -> Iterator[Group]:
    record = _setting("declaration", declaration.text)
    return (replace(group, record=record) for group in groups)


def _table_groups(catalog: Catalog, declaration: Declaration) -> Iterator[Group]:
    conn, schemas = catalog.conn, catalog.schemas
    if not declaration.presets:
        raise DeclarationError(
            f"{declaration.location}: --with-tables creates the tables of a preset, but none is named; "
            'add presets = ["finance"], or leave the option out'
        )
    for preset, statements in presets.tables(declaration.presets).items():
        before = {row["name"] for row in queries.rows(conn, "visible_relations", schemas)}
        conn.execute("RESET search_path")
        conn.execute(statements.encode())
        conn.execute("SET LOCAL search_path = pg_catalog, pg_temp")
        created = [row["name"] for row in queries.rows(conn, "visible_relations", schemas) if row["name"] not in before]
        if created:
            yield Group(
                f"tables of {preset}",
                (Step("create", f"tables of {preset}: {', '.join(created)}", statements),),
            )


class _Installed:
    """What the database holds of pgcache."""

    def __init__(
        self,
        objects: Sequence[queries.Row] = (),
        caches: Sequence[queries.Row] = (),
        settings: Sequence[queries.Row] = (),
    ) -> None:
        self.objects = {(row["kind"], row["name"], row["relation"]): row for row in objects}
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
        steps = [*self._changes(shipped, 0), *self._drops(shipped, None)]
        time_zone = bound.time_zone or ""
        if self.settings.get("time_zone", "") != time_zone:
            label = f"time zone to {time_zone or 'that of each session'}"
            steps.append(Step("change", label, _setting("time_zone", time_zone)))
        yield Group("functions", tuple(steps))
        for name in pruned:
            yield self._dropped_cache(name, "it is not declared")
        objects = _compiled(bound.caches, shipped)
        for number, cache in enumerate(bound.caches, 1):
            yield self._cache_group(cache, objects[cache.name], 10_000 * number)

    def _cache_group(self, cache: BoundCache, objects: Sequence[SqlObject], position: int) -> Group:
        rebuilt = self._rebuilt(objects)
        doomed = self._doomed([] if rebuilt else objects, cache.name)
        # A table outlives the views that read it, which may be replaced by others that do not.
        late = [] if rebuilt else [row for row in doomed if row["kind"] == "table"]
        drops = [*self._settlements(late), *self.dropped([row for row in doomed if row not in late])]
        if rebuilt:
            for row in [row for row in self.objects.values() if row["cache"] == cache.name]:
                del self.objects[(row["kind"], row["name"], row["relation"])]
        changes = self._changes(objects, position)
        steps = [*drops, *changes, *map(self._dropped, late)]
        due = cache.name not in self.caches or self.caches[cache.name]["due"]
        changed = {object_.label for object_ in objects if object_.maintains}
        maintaining = bool(doomed) or any(step.label in changed for step in changes)
        registration = self._registration(cache)
        if registration or steps:
            steps.insert(0, registration or Step("change", f"cache {cache.name}", _register(cache)))
        if not registration and steps and not changes and not doomed:
            steps = []
        mended = () if due or drops else self._damage(objects, changed & {step.label for step in changes})
        if maintaining:
            parts = {"cache": sql.Literal(cache.name), "mended": sql.Literal(list(mended))}
            steps.append(Step("change", f"cache {cache.name}", render("due.sql", parts)))
        return Group(
            f"cache {cache.name}",
            tuple(steps),
            render("lock_tables.sql", {"tables": relation_list(cache.tables)}) if maintaining else "",
            backfill=cache.name if due or maintaining else None,
            mended=mended,
        )

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

    def _registration(self, cache: BoundCache) -> Step | None:
        row = self.caches.get(cache.name)
        declared = cache.declared
        wanted = _registered(cache)
        if row is not None and all(row[column] == value for column, value in wanted.items()):
            return None
        return Step("change" if row else "create", f"cache {cache.name}", _register(cache), str(declared.location))

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
            dropped = _drop(object_.identity) if row and row["shape"] != object_.shape else ""
            statements = dropped + object_.statements
            steps.append(Step(action, object_.label, statements, reason, _record(object_, number), before, after))
        return steps

    def _drops(self, objects: Sequence[SqlObject], cache: str | None) -> list[Step]:
        return self.dropped(self._doomed(objects, cache))

    def _doomed(self, objects: Sequence[SqlObject], cache: str | None) -> list[queries.Row]:
        """What is installed and not wanted any more."""
        wanted = {object_.identity for object_ in objects}
        return [row for key, row in self.objects.items() if row["cache"] == cache and key not in wanted]

    def dropped(self, rows: Sequence[queries.Row]) -> list[Step]:
        """What drops some objects: triggers first, which locks their tables in the order in which writers do."""
        triggers = [row for row in rows if row["kind"] == "trigger"]
        others = [row for row in rows if row["kind"] != "trigger"]
        return [*map(self._dropped, triggers), *self._settlements(others), *map(self._dropped, reversed(others))]

    def _settlements(self, rows: Sequence[queries.Row]) -> list[Step]:
        """What folds the pending deltas of tables that go, whose writers are kept away by then."""
        losing = {row["cache"] for row in rows if row["kind"] == "table" and row["cache"] in self.caches}
        return [_settle(name) for name in sorted(losing) if self.caches[name]["pending"]]

    def _dropped(self, row: queries.Row) -> Step:
        identity = (row["kind"], row["name"], row["relation"])
        label = SqlObject(row["kind"], row["name"], row["relation"], row["cache"], "").label
        return Step("drop", label, _drop(identity) + _forget(identity))

    def _dropped_cache(self, name: str, reason: str) -> Group:
        steps = self._drops([], name)
        forget = render("forget_cache.sql", {"cache": sql.Literal(name)})
        return Group(f"cache {name}", (*steps, Step("drop", f"cache {name}", forget, reason)))


def _state(row: queries.Row) -> str:
    """What became of an object that is not as it was made."""
    if row["current"] is None:
        return "missing"
    # A trigger's text ends with the letter that tells when it fires.
    if row["kind"] == "trigger" and row["current"] == row["installed"][:-1] + "D":
        return "disabled"
    return "replaced"


def uninstall_steps(conn: psycopg.Connection[Any]) -> list[Step]:
    """What removes everything that pgcache installed; the cached columns stay."""
    installed = _Installed.read(conn)
    steps = installed.dropped(list(installed.objects.values()))
    return [*steps, Step("drop", "schema pgcache", resources.sql("templates", "uninstall_state.sql"))]


def removal(conn: psycopg.Connection[Any], caches: Iterable[str]) -> list[Group]:
    """What removes some of the installed caches; their cached columns stay."""
    installed = _Installed.read(conn)
    return [installed._dropped_cache(name, "") for name in caches]


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


def _registered(cache: BoundCache) -> dict[str, Any]:
    """The row of pgcache.cache."""
    declared = cache.declared

    def function(name: str) -> str:
        return sql.Identifier(cache.target.schema, name).as_string(None)

    return {
        "name": cache.name,
        "target": cache.target.quoted,
        "key_columns": list(declared.key),
        "measures": [measure.name for measure in cache.measures],
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


def _register(cache: BoundCache) -> str:
    statements = render("register.sql", {key: sql.Literal(value) for key, value in _registered(cache).items()})
    if not cache.deferred and any(source.through for source in cache.sources):
        parts = {"cache": sql.Literal(cache.name), "last_slot": sql.Literal(SLOTS - 1)}
        statements += render("slots.sql", parts)
    return statements


def _record(object_: SqlObject, position: int) -> str:
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


def _drop(identity: tuple[str, str, str]) -> str:
    kind, name, relation = identity
    # Names of functions and views are kept qualified and quoted, those of triggers bare.
    parts = {
        "name": sql.Identifier(name) if kind == "trigger" else sql.SQL(name),
        "relation": sql.SQL(relation),
    }
    return render(f"drop/{kind}.sql", parts)


def _forget(identity: tuple[str, str, str]) -> str:
    return render("forget_object.sql", dict(zip(("kind", "name", "relation"), map(sql.Literal, identity), strict=True)))


def _setting(name: str, value: str) -> str:
    return render("setting.sql", {"name": sql.Literal(name), "value": sql.Literal(value)})


def _settle(cache: str) -> Step:
    return Step(
        "change", f"cache {cache}", render("settle.sql", {"cache": sql.Literal(cache)}), "what is pending is folded"
    )


def _backfill(cache: str) -> Step:
    return Step("backfill", f"cache {cache}", render("backfill.sql", {"cache": sql.Literal(cache)}))

"""What a migration would change: the declaration compared with what the database really holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from pgcache import presets, queries, resources, schema
from pgcache.bind import bind
from pgcache.bound import Advice
from pgcache.catalog import Catalog
from pgcache.errors import DeclarationError
from pgcache.installed import Installed
from pgcache.model import Declaration
from pgcache.steps import Group, Step, backfill, setting


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
        first, late = (
            tuple(step for group in self.groups if group.late == last for step in group.steps) for last in (False, True)
        )
        return first + tuple(backfill(group.backfill) for group in self.groups if group.backfill) + late

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
    installed = Installed.read(conn)
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
    return tuple(_recorded(Installed().compare(bound, ()), declaration))


def _recorded(groups: Iterable[Group], declaration: Declaration) -> Iterator[Group]:
    record = setting("declaration", declaration.text)
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


def uninstallation(conn: psycopg.Connection[Any]) -> Group:
    """What removes everything that pgcache installed; the cached columns stay."""
    installed = Installed.read(conn)
    state = Step("drop", "schema pgcache", resources.sql("templates", "uninstall_state.sql"))
    return installed.removed("uninstall", list(installed.objects.values()), state)


def removal(conn: psycopg.Connection[Any], caches: Iterable[str]) -> list[Group]:
    """What removes some of the installed caches; their cached columns stay."""
    installed = Installed.read(conn)
    return [installed.dropped_cache(name, "") for name in caches]

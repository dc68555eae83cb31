"""Scripts that bring a database to a declaration without having seen it: what differs there, they find out themselves.

`pgcache migrate --sql` prints what one database lacks. These are for migrations that are printed before the database,
or even its tables, can be looked at: another database that has the tables already says what their columns are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from psycopg import sql

from pgcache import resources, schema
from pgcache.model import Declaration
from pgcache.plan import installation
from pgcache.steps import Group
from pgcache.template import render


def apply_script(
    conn: psycopg.Connection[Any], declaration: Declaration, *, prune: bool = False, fill: bool = True
) -> str:
    """What brings any database to a declaration, to be run in one transaction at READ COMMITTED.

    Parameters
    ----------
    conn:
        A connection to a database that has the declared tables as the one will have them in which the script is run;
        it is read, not changed.
    declaration:
        What pgcache.toml says.
    prune:
        Drop the caches that are installed there but not declared.
    fill:
        Do the backfills; else they stay due, and the next migrate does them.

    Raises
    ------
    DeclarationError
        The declaration does not fit the database that is read.
    """
    functions, *caches = installation(conn, declaration)
    parts = [*_revisions(), *functions.statements]
    if declaration.time_zone is None:
        parts.append(render("offline/no_time_zone.sql", {}))
    if prune:
        declared = sql.Literal([cache.name for cache in declaration.caches])
        parts.append(_dropped_caches(sql.SQL("c.name <> ALL ({})").format(declared)))
    for cache, group in zip(declaration.caches, caches, strict=True):
        parts.append(_cache(cache.name, group))
        if fill:
            parts.append(render("offline/backfill.sql", {"cache": sql.Literal(cache.name)}))
    return "\n".join(filter(None, parts))


def remove_script(caches: Sequence[str] = ()) -> str:
    """What removes some caches from any database that has them, or all of pgcache; the cached columns stay."""
    if caches:
        return _dropped_caches(sql.SQL("c.name = ANY ({})").format(sql.Literal(list(caches))))
    return _dropping("drop_all", sql.SQL("true")) + "\n" + resources.sql("templates", "uninstall_state.sql")


def _revisions() -> Iterator[str]:
    pending: sql.Composable = sql.SQL("to_regclass('pgcache.alembic_version') IS NULL")
    for name, statements in schema.revisions().items():
        yield render("offline/revision.sql", {"pending": pending, "statements": _quoted(statements)})
        pending = sql.SQL("(SELECT v.version_num FROM pgcache.alembic_version AS v) = {}").format(sql.Literal(name))


def _cache(name: str, group: Group) -> str:
    registration, *_ = group.steps
    made = sorted(step.statements for step in group.steps if step.record)
    digest = hashlib.sha256("".join(made).encode()).hexdigest()
    script = _dropping(
        "make_cache",
        sql.SQL("o.cache = {}").format(sql.Literal(name)),
        cache=sql.Literal(name),
        digest=sql.Literal(digest),
        statements=_quoted("\n".join(group.statements)),
    )
    return f"{registration.statements}\n{script}"


def _dropped_caches(doomed: sql.Composable) -> str:
    return _dropping("drop_caches", sql.SQL("o.cache = ANY (v_doomed)"), doomed_caches=doomed)


def _dropping(template: str, doomed: sql.Composable, **parts: sql.Composable) -> str:
    drop_objects = sql.SQL(render("fragments/drop_objects.sql", {"doomed": doomed}).strip())
    return render(f"offline/{template}.sql", {"drop_objects": drop_objects, **parts})


def _quoted(statements: str) -> sql.Composable:
    """Statements as a string that can still be read."""
    tag = "$statements$"
    while tag in statements:
        tag = f"{tag[:-1]}_$"
    return sql.SQL(f"{tag}\n{statements}{tag}")

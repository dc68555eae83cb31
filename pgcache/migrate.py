"""Brings a database to its declaration: the state of pgcache first, then what is declared, then the backfill."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors

from pgcache import queries
from pgcache.catalog import LOCK_TIMEOUT
from pgcache.errors import PgcacheError
from pgcache.model import Declaration
from pgcache.plan import Group, Plan, Step, make_plan, uninstall_steps
from pgcache.reconcile import Progress, backfill, installed_caches

ATTEMPTS = 10
PAUSE_SECONDS = 0.5

# What pgcache's own connections set too: the script is UTF-8, and its strings end where the checks saw their end.
_SESSION = f"""\\set ON_ERROR_STOP on
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET client_min_messages = warning;
SET lock_timeout = '{LOCK_TIMEOUT}';
"""

Say = Callable[[str], None]


def _silent(line: str) -> None:
    pass


def migrate(
    conn: psycopg.Connection[Any],
    declaration: Declaration,
    *,
    with_tables: bool = False,
    prune: bool = False,
    say: Say = _silent,
    progress: Progress | None = None,
) -> Plan:
    """Bring a database to its declaration, backfill included.

    Everything is checked before anything is touched. Each group of the plan is one transaction, planned from what the
    database holds, so that an interrupted migration is simply run again.

    Parameters
    ----------
    conn:
        An autocommit connection as the role that owns the tables, or may create triggers on them.
    declaration:
        What pgcache.toml says.
    with_tables:
        Create the reference tables of the declaration's presets.
    prune:
        Drop the caches that are installed but not declared.
    say:
        Told what is being done, a line at a time.
    progress:
        Told how far a backfill is.

    Returns
    -------
    Plan
        What was done; an empty plan where there was nothing to do.

    Raises
    ------
    DeclarationError
        The declaration does not fit the database; nothing was changed.
    PgcacheError
        A lock was not granted, or a privilege is lacking; what was not done is left for the next run.
    """
    with _alone(conn):
        plan = make_plan(conn, declaration, with_tables=with_tables, prune=prune)
        for group in plan.groups:
            for step in group.steps:
                say(str(step))
            _apply(conn, group, say)
        for group in plan.groups:
            if group.backfill:
                say(f"backfill cache {group.backfill}")
                backfill(conn, group.backfill, progress)
    return plan


def script(
    conn: psycopg.Connection[Any], declaration: Declaration, *, with_tables: bool = False, prune: bool = False
) -> str:
    """What `migrate` would do, as one script for psql. The database is read, not changed.

    Returns
    -------
    str
        The script; only comments where there is nothing to do.
    """
    plan = make_plan(conn, declaration, with_tables=with_tables, prune=prune)
    parts = ["-- What pgcache migrate would do. Apply it with psql, as the role that migrates.\n"]
    if plan.empty:
        return parts[0] + "-- Nothing to do.\n"
    parts.append(_SESSION)
    for group in plan.groups:
        if not group.steps:
            continue
        parts += [f"\n-- {group.name}\n", "BEGIN;\n", *group.statements, "COMMIT;\n"]
    for step in plan.steps:
        if step.action == "backfill":
            parts.append(f"\n-- {step}\n{step.statements}")
    return "".join(parts)


def uninstall(conn: psycopg.Connection[Any], say: Say = _silent) -> list[Step]:
    """Remove every object of pgcache, in one transaction; the cached columns and the reference tables stay.

    Raises
    ------
    PgcacheError
        pgcache is not installed, or something of the user's depends on an object of it.
    """
    installed_caches(conn)
    with _alone(conn):
        steps = uninstall_steps(conn)
        _apply(conn, Group("uninstall", tuple(steps)), say)
    return steps


def _apply(conn: psycopg.Connection[Any], group: Group, say: Say) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with conn.transaction():
                conn.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'".encode())
                for statements in filter(None, group.statements):
                    conn.execute(statements.encode())
            return
        except (errors.LockNotAvailable, errors.DeadlockDetected) as error:
            if attempt == ATTEMPTS:
                raise PgcacheError(
                    f"{group.name}: its tables are in use by other transactions, and no lock was granted in {ATTEMPTS} "
                    f"attempts of {LOCK_TIMEOUT} ({error.diag.message_primary}); nothing of it was changed; end the "
                    "long transactions (see pg_stat_activity) and run pgcache migrate again"
                ) from error
            say(f"{group.name}: waiting for other transactions, attempt {attempt} of {ATTEMPTS}")
            time.sleep(PAUSE_SECONDS)
        except errors.DependentObjectsStillExist as error:
            detail = (error.diag.message_detail or "").splitlines() or [""]
            raise PgcacheError(
                f"{group.name}: {error.diag.message_primary}: {detail[0]}; drop what depends on it first"
            ) from error


@contextmanager
def _alone(conn: psycopg.Connection[Any]) -> Iterator[None]:
    conn.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'".encode())
    try:
        queries.value(conn, "migrate_lock")
    except errors.LockNotAvailable:
        raise PgcacheError(
            f"another pgcache migrate is running in database {conn.info.dbname!r}; wait for it to end"
        ) from None
    finally:
        if not conn.closed and not conn.broken:
            conn.execute("RESET lock_timeout")
    try:
        yield
    finally:
        if not conn.closed and not conn.broken:
            queries.value(conn, "migrate_unlock")

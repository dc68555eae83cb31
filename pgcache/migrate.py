"""Brings a database to its declaration: the state of pgcache first, then what is declared, then the backfill."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import psycopg
from psycopg import errors

from pgcache import queries
from pgcache.catalog import LOCK_TIMEOUT
from pgcache.connection import takes_statements
from pgcache.errors import PgcacheError
from pgcache.model import Declaration
from pgcache.plan import Plan, make_plan, removal, uninstallation
from pgcache.reconcile import backfill, caches_of, installed_caches
from pgcache.refresh import Progress
from pgcache.steps import Group, Step

ATTEMPTS = 10
PAUSE_SECONDS = 0.5

# What pgcache's own connections set too: the script is UTF-8, and its strings end where the checks saw their end.
_SESSION = f"""\\set ON_ERROR_STOP on
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET client_min_messages = warning;
SET lock_timeout = '{LOCK_TIMEOUT}';
"""

_SESSION_OF_CALLER = {"client_encoding": "UTF8", "standard_conforming_strings": "on"}

Say = Callable[[str], None]
T = TypeVar("T")


def _silent(line: str) -> None:
    pass


def migrate(
    conn: psycopg.Connection[Any],
    declaration: Declaration,
    *,
    with_tables: bool = False,
    prune: bool = False,
    fill: bool = True,
    say: Say = _silent,
    progress: Progress | None = None,
) -> Plan:
    """Bring a database to its declaration, backfill included.

    Everything is checked before anything is touched. Each group of the plan is one transaction, planned from what the
    database holds, so that an interrupted migration is simply run again.

    Parameters
    ----------
    conn:
        An autocommit connection as the role that owns the tables, or may create triggers on them. With another,
        everything is done within its transaction: all or nothing, and the tables stay locked until it ends.
    declaration:
        What pgcache.toml says.
    with_tables:
        Create the reference tables of the declaration's presets.
    prune:
        Drop the caches that are installed but not declared.
    fill:
        Do the backfills; else they stay due, and the next migrate does them.
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
        A lock was not granted, or a privilege is lacking; what was not done is left for the next run. The caller's
        transaction is not at READ COMMITTED.
    """
    with _alone(conn):
        planning = partial(make_plan, conn, declaration, with_tables=with_tables, prune=prune)
        plan = _patiently("the declaration", planning, say)
        _apply_all(conn, plan, say, late=False)
        for group in plan.groups:
            if group.backfill and fill:
                say(f"backfill cache {group.backfill}")
                if conn.autocommit:
                    corrected = backfill(conn, group.backfill, progress)
                else:
                    corrected = queries.value(conn, "backfill", group.backfill)
                if group.mended and corrected:
                    found = f"{corrected} key(s) of cache {group.backfill} had drifted"
                    say(f"{found} while {', '.join(group.mended)}; see pgcache drift list")
        _apply_all(conn, plan, say, late=True)
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
    for late in (False, True):
        for group in plan.groups:
            if group.steps and group.late == late:
                parts += [f"\n-- {group.name}\n", "BEGIN;\n", *group.statements, "COMMIT;\n"]
        if not late:
            parts += [f"\n-- {step}\n{step.statements}" for step in plan.steps if step.action == "backfill"]
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
        group = uninstallation(conn)
        _apply(conn, group, say)
    return list(group.steps)


def remove(conn: psycopg.Connection[Any], caches: Sequence[str], say: Say = _silent) -> None:
    """Remove some caches, each in one transaction; the cached columns stay, and so does the history of their runs.

    Raises
    ------
    PgcacheError
        There is no such cache, or something of the user's depends on an object of it.
    """
    names = caches_of(conn, names=caches)
    with _alone(conn):
        for group in removal(conn, names):
            _apply(conn, group, say)


def _apply_all(conn: psycopg.Connection[Any], plan: Plan, say: Say, *, late: bool) -> None:
    for group in plan.groups:
        if group.late == late:
            for step in group.steps:
                say(str(step))
            _apply(conn, group, say)


def _apply(conn: psycopg.Connection[Any], group: Group, say: Say) -> None:
    def statements() -> None:
        with _local(conn, {"lock_timeout": LOCK_TIMEOUT}):
            for statement in filter(None, group.statements):
                conn.execute(statement.encode())

    try:
        _patiently(group.name, statements, say)
    except errors.DependentObjectsStillExist as error:
        detail = (error.diag.message_detail or "").splitlines() or [""]
        raise PgcacheError(
            f"{group.name}: {error.diag.message_primary}: {detail[0]}; drop what depends on it first"
        ) from error


def _patiently(name: str, work: Callable[[], T], say: Say) -> T:
    """Do what waits for locks shortly, and again where one was not granted: it has left nothing behind then."""
    attempt = 1
    while True:
        try:
            return work()
        except (errors.LockNotAvailable, errors.DeadlockDetected) as error:
            if attempt == ATTEMPTS:
                raise PgcacheError(
                    f"{name}: its tables are in use by other transactions, and no lock was granted in {ATTEMPTS} "
                    f"attempts of {LOCK_TIMEOUT} ({error.diag.message_primary}); nothing of it was changed; end the "
                    "long transactions (see pg_stat_activity) and run pgcache migrate again"
                ) from error
        say(f"{name}: waiting for other transactions, attempt {attempt} of {ATTEMPTS}")
        time.sleep(PAUSE_SECONDS)
        attempt += 1


@contextmanager
def _alone(conn: psycopg.Connection[Any]) -> Iterator[None]:
    """Keep other migrations away while the block runs, or until the caller's transaction ends."""
    if not conn.autocommit:
        with _local(conn, _SESSION_OF_CALLER):
            if queries.value(conn, "current_setting", "transaction_isolation") in ("repeatable read", "serializable"):
                raise PgcacheError(
                    "pgcache cannot migrate within a transaction at REPEATABLE READ or SERIALIZABLE, whose snapshot "
                    "may hide rows that count; begin it at READ COMMITTED"
                )
            _lock(conn, "migrate_lock_in_transaction")
            yield
        return
    _lock(conn, "migrate_lock")
    try:
        yield
    finally:
        if takes_statements(conn):  # else its end releases the lock
            queries.value(conn, "migrate_unlock")


def _lock(conn: psycopg.Connection[Any], query: str) -> None:
    try:
        with _local(conn, {"lock_timeout": LOCK_TIMEOUT}):
            queries.value(conn, query)
    except errors.LockNotAvailable:
        raise PgcacheError(
            f"another pgcache migrate is running in database {conn.info.dbname!r}; wait for it to end"
        ) from None


@contextmanager
def _local(conn: psycopg.Connection[Any], settings: Mapping[str, str]) -> Iterator[None]:
    """A transaction, or a part of the caller's, with settings of its own."""
    # Reading them also begins the caller's transaction, so that conn.transaction() can only be a savepoint in it.
    before = {name: queries.value(conn, "current_setting", name) for name in settings}
    with conn.transaction():
        for name, value in settings.items():
            queries.value(conn, "set_local", name, value)
        yield
        for name, value in before.items():
            queries.value(conn, "set_local", name, value)

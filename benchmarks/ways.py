"""The ways to keep `account.cached_balance`, and other figures of the household: what a variant sets up."""

from __future__ import annotations

from collections.abc import Callable
from string import Template

from benchmarks.database import sql
from benchmarks.model import Connection, Skip, Variant
from benchmarks.work import Work
from pgcache import presets
from pgcache.config import loads
from pgcache.migrate import migrate

NONE = "no trigger"
ROW_TRIGGER = "row trigger"
ROW_TRIGGER_GUARDED = "row trigger, guarded"
APPLICATION = "application"
APPEND = "deltas appended"

# Those that keep the figures in the writer's transaction.
PRESETS = ("finance", "parties", "monthly")


def row_trigger(conn: Connection) -> None:
    """Keep the balance by a row trigger that is written by hand."""
    conn.execute(sql("row_trigger.sql").encode())


def row_trigger_guarded(conn: Connection) -> None:
    """Keep the balance by a row trigger that has the rights and the guard that pgcache has."""
    conn.execute(sql("row_trigger_guarded.sql").encode())


def append(conn: Connection) -> None:
    """Append the deltas to a table, and leave it at that: the limit of what does not wait."""
    conn.execute(sql("append.sql").encode())


def balance(
    *, mode: str = "immediate", guard: str = "ignore", triggers: str = "statement"
) -> Callable[[Connection], None]:
    """Keep the balance by pgcache: the cache account_balance of the preset finance, with these options."""

    def set_up(conn: Connection) -> None:
        declared(conn, Template(sql("account_balance.toml")).substitute(mode=mode, guard=guard, triggers=triggers))

    return set_up


def preset(*names: str) -> Callable[[Connection], None]:
    """Keep all caches of some presets."""

    def set_up(conn: Connection) -> None:
        declared(conn, presets.declaration(names))

    return set_up


def declared(conn: Connection, toml: str) -> None:
    """Keep what a pgcache.toml declares, of presets together with their tables."""
    migrate(conn, loads(toml, "pgcache.toml"), with_tables="presets = " in toml)


def materialized_view(conn: Connection) -> None:
    """Compute the balances into a materialized view, which a refresh brings up to date."""
    conn.execute(sql("materialized_view.sql").encode())


def pg_ivm(conn: Connection) -> None:
    """Keep the balances by the extension pg_ivm, where the server has it."""
    if conn.execute("SELECT FROM pg_available_extensions WHERE name = 'pg_ivm'").rowcount == 0:
        raise Skip("the server has no extension pg_ivm")
    conn.execute(sql("pg_ivm.sql").encode())


def marked(conn: Connection) -> None:
    """Have pgcache mark the accounts whose total a refresh computes: mode deferred."""
    declared(conn, sql("account_total.toml"))


# How pgcache may keep a balance, by mode.
MODES: dict[str, Callable[[Connection], object]] = {
    "immediate": balance(),
    "nowait": balance(mode="nowait"),
    "deferred": marked,
}


def compared(work: Work) -> tuple[Variant, ...]:
    """The same work without a trigger, with one that is written by hand, and with each mode of pgcache."""
    return (
        Variant(NONE, work),
        Variant(ROW_TRIGGER, work, row_trigger),
        *(Variant(mode, work, set_up) for mode, set_up in MODES.items()),
    )

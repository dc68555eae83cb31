"""Reads the timelines of the installed caches: the net worth by month, and what they cover."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import psycopg
from psycopg import sql
from psycopg.rows import class_row, dict_row

from pgcache import queries
from pgcache.errors import PgcacheError
from pgcache.reconcile import installed_caches


@dataclass(frozen=True)
class Month:
    """What all accounts come to at the end of a month, and which of the two figures the month shows."""

    label: str
    actual: Decimal
    projected: Decimal
    shows: Literal["actual", "projected"]


@dataclass(frozen=True)
class NetWorth:
    """The net worth over some months; `today` is the label of the current one, which need not be among them."""

    cache: str
    today: str
    months: tuple[Month, ...]


def net_worth(
    conn: psycopg.Connection[Any],
    year: int,
    month: int,
    count: int,
    *,
    cache: str | None = None,
    active_only: bool = False,
) -> NetWorth:
    """Read the net worth by month.

    Parameters
    ----------
    conn:
        A connection to the database.
    year, month:
        The first month.
    count:
        How many months.
    cache:
        The cache whose timeline it is; none is needed where only one has a timeline.
    active_only:
        Leave out the accounts that are not in use any more.

    Raises
    ------
    PgcacheError
        pgcache is not installed, or there is no such timeline, or more than one.
    """
    found = _timeline(conn, cache)
    # The name is kept qualified and quoted; it may hold a %, which other cursors take for a parameter.
    call = sql.SQL(
        "SELECT t.label, t.actual, t.projected, t.shows "
        "FROM {}($1::integer, $2::integer, $3::integer, $4::boolean) AS t"
    ).format(sql.SQL(found["timeline"]))
    with psycopg.RawCursor(conn, row_factory=class_row(Month)) as cursor:
        months = cursor.execute(call, (year, month, count, active_only)).fetchall()
    return NetWorth(found["name"], queries.value(conn, "current_month"), tuple(months))


def coverage(conn: psycopg.Connection[Any], cache: str) -> queries.Row:
    """Tell what a timeline covers: its entries, accounts and months, and samples of the current month."""
    call = sql.SQL("SELECT c.* FROM {}() AS c").format(sql.Identifier("pgcache", f"{cache}_coverage"))
    with psycopg.RawCursor(conn, row_factory=dict_row) as cursor:
        found = cursor.execute(call).fetchone()
    assert found is not None  # an aggregate has one row
    return found


def _timeline(conn: psycopg.Connection[Any], name: str | None) -> queries.Row:
    caches = {row["name"]: row for row in installed_caches(conn) if row["timeline"]}
    if name is not None and name in caches:
        return caches[name]
    if name is None and len(caches) == 1:
        return next(iter(caches.values()))
    if not caches:
        raise PgcacheError(
            "no cache of this database has a timeline; declare one, as pgcache init monthly does, and migrate"
        )
    known = ", ".join(caches)
    if name is None:
        raise PgcacheError(f"several caches have a timeline; choose one with --cache: {known}")
    raise PgcacheError(f"no cache named {name!r} has a timeline; known: {known}")

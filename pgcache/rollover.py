"""Steps the periods of the installed caches on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from pgcache.reconcile import installed_caches


@dataclass(frozen=True)
class ClosedPeriod:
    """A period that was closed: its row in the history, by column."""

    cache: str
    period: dict[str, Any]


def rollover(conn: psycopg.Connection[Any], as_of: date | None) -> list[ClosedPeriod]:
    """Close every period that has ended, and open the next ones.

    Parameters
    ----------
    conn:
        An autocommit connection: each cache is one transaction.
    as_of:
        Periods that end before this day are closed; today, as pgcache.today() sees it, where None.

    Returns
    -------
    list
        What was closed; a second call finds nothing.

    Raises
    ------
    PgcacheError
        pgcache is not installed in this database.
    """
    closed = []
    for cache in installed_caches(conn):
        if cache["rollover"] is None:
            continue
        # The name is kept qualified and quoted; it may hold a %, which other cursors take for a parameter.
        call = sql.SQL("SELECT * FROM {}($1::date)").format(sql.SQL(cache["rollover"]))
        with psycopg.RawCursor(conn, row_factory=dict_row) as cursor:
            closed += [ClosedPeriod(cache["name"], row) for row in cursor.execute(call, (as_of,))]
    return closed

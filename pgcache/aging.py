"""Reads the aging schedule: what each account owes, by how long it is overdue, as the last refresh computed it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from pgcache import queries
from pgcache.errors import PgcacheError
from pgcache.reconcile import installed_caches
from pgcache.sql_text import split_table_name

AMOUNTS = ("balance", "unbilled", "current", "days_1_30", "days_31_60", "days_61_90", "days_over_90", "credit")
"""The measures by which a cache is known to be an aging schedule."""


@dataclass(frozen=True)
class Aging:
    """The accounts with a balance, the largest first.

    Each of `accounts` has the columns of `key`, its `name` where names were asked for, and the `AMOUNTS`; `totals` are
    the sums over all of the `count` accounts, also those that are not shown. The figures are those of `refreshed_at`;
    `dirty` accounts have changed since, the first of them `oldest_mark` ago.
    """

    cache: str
    key: tuple[str, ...]
    refreshed_at: datetime | None
    dirty: int
    oldest_mark: timedelta | None
    accounts: list[queries.Row]
    count: int
    totals: dict[str, Decimal]


def aging(
    conn: psycopg.Connection[Any], *, cache: str | None = None, name: str | None = None, limit: int | None = None
) -> Aging:
    """Read the aging schedule.

    Parameters
    ----------
    conn:
        A connection to the database, in autocommit mode.
    cache:
        The cache; none is needed where only one is an aging schedule.
    name:
        What the accounts are called: `table.column`, of a table whose primary key is what the key of the cache names.
    limit:
        How many accounts to show, all of them where it is None.

    Raises
    ------
    PgcacheError
        pgcache is not installed, there is no such schedule, more than one, or no such table.
    """
    with conn.transaction():
        # The list, its totals and what is dirty, all of one moment.
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        found = _schedule(conn, cache)
        key = tuple(found["key_columns"])
        amounts = [sql.Identifier("t", amount) for amount in AMOUNTS]
        # The name is kept qualified and quoted.
        target = sql.SQL(found["target"])
        columns = [sql.Identifier("t", column) for column in key]
        nothing = sql.SQL("")
        label, join = _named(conn, name, key) if name else (nothing, nothing)
        accounts = sql.SQL(
            "SELECT {key}{label}, {amounts} FROM {target} AS t{join}"
            " WHERE t.balance <> 0 ORDER BY t.balance DESC, {key} LIMIT {limit}"
        ).format(
            key=sql.SQL(", ").join(columns),
            label=label,
            amounts=sql.SQL(", ").join(amounts),
            target=target,
            join=join,
            limit=sql.Literal(limit),
        )
        sums = (sql.SQL("coalesce(sum({}), 0) AS {}").format(sql.Identifier(a), sql.Identifier(a)) for a in AMOUNTS)
        totals = sql.SQL("SELECT count(*) AS count, {} FROM {} WHERE balance <> 0").format(
            sql.SQL(", ").join(sums), target
        )
        with psycopg.RawCursor(conn, row_factory=dict_row) as cursor:
            rows = cursor.execute(accounts).fetchall()
            (total,) = cursor.execute(totals).fetchall()
        state = queries.row(conn, "last_refresh", found["name"])
        assert state is not None  # an aggregate has one row
    return Aging(found["name"], key, **state, accounts=rows, count=total.pop("count"), totals=total)


def _named(conn: psycopg.Connection[Any], name: str, key: tuple[str, ...]) -> tuple[sql.Composable, sql.Composable]:
    """The column with the name of each account, and the join that it comes from."""
    table, _, column = name.rpartition(".")
    primary = []
    with suppress(ValueError):
        parts = split_table_name(table)
        qualified = sql.Identifier(*([parts.schema] if parts.schema else []), parts.name)
        primary = queries.rows(conn, "primary_key", qualified.as_string())
    if len(primary) != len(key):
        raise PgcacheError(
            f"{name!r} names no account: there is no table {table!r} whose primary key has {len(key)} column"
            f"{'s' if len(key) > 1 else ''}; write its name and that of a column, as in account.name"
        )
    same = sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier("n", row["name"]), sql.Identifier("t", own))
        for row, own in zip(primary, key, strict=True)
    )
    label = sql.SQL(", {}::text AS name").format(sql.Identifier("n", column))
    return label, sql.SQL(" LEFT JOIN {} AS n ON {}").format(sql.SQL(primary[0]["relation"]), same)


def _schedule(conn: psycopg.Connection[Any], name: str | None) -> queries.Row:
    caches = {row["name"]: row for row in installed_caches(conn) if set(AMOUNTS) <= set(row["measures"])}
    if name is not None and name in caches:
        return caches[name]
    if name is None and len(caches) == 1:
        return next(iter(caches.values()))
    if not caches:
        raise PgcacheError(
            "no cache of this database is an aging schedule; declare one, as pgcache init receivables does, and migrate"
        )
    known = ", ".join(caches)
    if name is None:
        raise PgcacheError(f"several caches are aging schedules; choose one with --cache: {known}")
    raise PgcacheError(f"no cache named {name!r} is an aging schedule; known: {known}")

"""What a storm is about: few rows, so that its clients meet on each of them; and what is wrong with its caches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import psycopg

from tests.oracle.compare import oracle

CACHES = ("account_balance", "budget_consumption")

ACCOUNTS = [UUID(int=n) for n in range(1, 6)]
BUDGETS = [UUID(int=n) for n in range(11, 16)]
CATEGORIES = [UUID(int=n) for n in range(21, 26)]
TRANSACTIONS = [UUID(int=n) for n in range(1001, 1101)]

DAMAGED = [ACCOUNTS[-1], BUDGETS[-1]]
"""Their cached values are corrupted again and again: they are wrong until a reconcile has been."""


@dataclass(frozen=True)
class Place:
    """Where a storm rages: the caches that are looked at, and the keys that are corrupted.

    `deferred` are those of the caches whose rows tell themselves whether they are stale, each with its key's column;
    `settings` hold for every session; `more` are oracles of what is read out of the caches.
    """

    caches: tuple[str, ...] = CACHES
    damaged: tuple[UUID, ...] = tuple(DAMAGED)
    deferred: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    more: tuple[str, ...] = ()


FINANCE = Place()

_ROWS: str = """
    INSERT INTO account (id, name) SELECT id, 'Account' FROM unnest(%(accounts)s::uuid[]) AS id;
    INSERT INTO category (id, name) SELECT id, 'Category' FROM unnest(%(categories)s::uuid[]) AS id;
    INSERT INTO budget (id, name, period_start, period_end, recurrence)
    SELECT id, 'Budget', '2025-05-01', '2025-06-30', 'monthly' FROM unnest(%(budgets)s::uuid[]) AS id;
    INSERT INTO budget_category (budget_id, category_id)
    SELECT budget.id, category.id FROM budget CROSS JOIN category
    WHERE (ascii(right(budget.id::text, 1)) + ascii(right(category.id::text, 1))) %% 2 = 0;
"""

# What a refresh or a reconcile has still to see to; the key's columns as the oracles write them, one after the other.
_MARKED = """
    SELECT FROM pgcache.dirty
    WHERE dirty.cache = '{cache}' AND differing.key =
        (SELECT string_agg(part.value, ' ' ORDER BY part.key) FROM jsonb_each_text(dirty.key) AS part)"""

# A key without a row has yet to be computed for the first time.
_STALE = """
    SELECT FROM (SELECT) AS always LEFT JOIN pgcache.{cache} AS stored ON stored.{column}::text = differing.key
    WHERE stored.dirty IS NOT FALSE"""


def populate(conn: psycopg.Connection[Any]) -> None:
    """Make the world of the preset finance; its transactions come with the storm."""
    with psycopg.ClientCursor(conn) as cursor:
        cursor.execute(_ROWS, {"accounts": ACCOUNTS, "categories": CATEGORIES, "budgets": BUDGETS})


def _version(conn: psycopg.Connection[Any], cache: str) -> list[tuple[Any, ...]]:
    """What tells whether a migration has written the cache's row, where it has one."""
    return conn.execute("SELECT xmin::text FROM pgcache.cache WHERE name = %s", [cache]).fetchall()


def wrong(conn: psycopg.Connection[Any], but: Sequence[UUID] | None = None, place: Place = FINANCE) -> list[str]:
    """Keys that are neither exact nor marked or due; each cache in one snapshot with its marks.

    Parameters
    ----------
    conn:
        An autocommit connection with the settings of the place.
    but:
        Keys that are not looked at; by default those that are corrupted.
    place:
        What is looked at.
    """
    found = []
    damaged = [str(key) for key in (place.damaged if but is None else but)]
    for cache in (*place.caches, *place.more):
        left_out = _STALE if cache in place.deferred else _MARKED
        version = _version(conn, cache)
        query = f"""
            SELECT side || ' ' || key || ': ' || value FROM ({oracle(conn, cache)}) AS differing
            WHERE NOT EXISTS ({left_out.format(cache=cache, column=place.deferred.get(cache))})
              AND split_part(differing.key, ' ', 1) <> ALL (%s::text[])"""
        lines = [f"{cache}: {line}" for (line,) in conn.execute(query.encode(), [damaged])]
        if version != _version(conn, cache):
            # A migration has come between, and may have switched what has to be exact: the column, or the view.
            lines = wrong(conn, but, replace(place, caches=(cache,), more=()))
        found += lines
    return found

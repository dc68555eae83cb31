"""What the storm is about: few accounts, categories and budgets, so that its clients meet on each of them."""

from __future__ import annotations

from collections.abc import Sequence
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

_ROWS: str = """
    INSERT INTO account (id, name) SELECT id, 'Account' FROM unnest(%(accounts)s::uuid[]) AS id;
    INSERT INTO category (id, name) SELECT id, 'Category' FROM unnest(%(categories)s::uuid[]) AS id;
    INSERT INTO budget (id, name, period_start, period_end, recurrence)
    SELECT id, 'Budget', '2025-05-01', '2025-06-30', 'monthly' FROM unnest(%(budgets)s::uuid[]) AS id;
    INSERT INTO budget_category (budget_id, category_id)
    SELECT budget.id, category.id FROM budget CROSS JOIN category
    WHERE (ascii(right(budget.id::text, 1)) + ascii(right(category.id::text, 1))) %% 2 = 0;
"""


def populate(conn: psycopg.Connection[Any]) -> None:
    """Make the world; its transactions come with the storm."""
    with psycopg.ClientCursor(conn) as cursor:
        cursor.execute(_ROWS, {"accounts": ACCOUNTS, "categories": CATEGORIES, "budgets": BUDGETS})


def wrong(conn: psycopg.Connection[Any], but: Sequence[UUID] = DAMAGED) -> list[str]:
    """Keys, but for some, that are neither exact nor marked dirty; each cache in one snapshot with its marks."""
    found = []
    for cache in CACHES:
        query = f"""
            SELECT side || ' ' || key || ': ' || value FROM ({oracle(conn, cache)}) AS differing
            WHERE NOT EXISTS (SELECT FROM pgcache.dirty WHERE cache = '{cache}' AND dirty.key ->> 'id' = differing.key)
              AND differing.key <> ALL (%s::text[])"""
        found += [f"{cache}: {line}" for (line,) in conn.execute(query, [[str(key) for key in but]])]
    return found

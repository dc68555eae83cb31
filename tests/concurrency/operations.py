"""What the clients of the storm do, each as the statements of one step; random, and so by their generator's seed alone.

Single statements that touch several rows of the user's own tables do so in the order of their keys, as two statements
that do not may deadlock without any trigger.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from tests.concurrency.stage import LEVELS, READ_COMMITTED
from tests.concurrency.world import ACCOUNTS, BUDGETS, CACHES, CATEGORIES, DAMAGED, TRANSACTIONS

Statements = list[tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Operation:
    """One step; `make` gives its statements, `levels` are the isolation levels that it is for."""

    name: str
    make: Callable[[Random], Statements]
    levels: tuple[str, ...] = LEVELS


def _day(random: Random) -> date:
    return date(2025, 5, 1) + timedelta(days=random.randrange(120))


def _category(random: Random) -> UUID | None:
    return random.choice([*CATEGORIES, None])


_INSERT = """
    INSERT INTO transaction (id, account_id, category_id, flow_type, amount, date)
    SELECT * FROM unnest(%(ids)s::uuid[], %(accounts)s::uuid[], %(categories)s::uuid[], %(flows)s::text[],
                         %(amounts)s::numeric[], %(days)s::date[])
    ON CONFLICT (id)"""
_OR_UPDATE = """ DO UPDATE
    SET account_id = excluded.account_id, category_id = excluded.category_id, flow_type = excluded.flow_type,
        amount = excluded.amount, date = excluded.date, deleted_at = NULL"""


def _insert(on_conflict: str, *counts: int) -> Callable[[Random], Statements]:
    def make(random: Random) -> Statements:
        ids = sorted(random.sample(TRANSACTIONS, random.choice(counts)))
        values = {
            "ids": ids,
            "accounts": [random.choice(ACCOUNTS) for _ in ids],
            "categories": [_category(random) for _ in ids],
            "flows": [random.choice(["income", "outcome", "outcome"]) for _ in ids],
            "amounts": [random.randrange(10_000) / 100 for _ in ids],
            "days": [_day(random) for _ in ids],
        }
        return [(_INSERT + on_conflict, values)]

    return make


def _update(columns: str) -> Callable[[Random], Statements]:
    def make(random: Random) -> Statements:
        values = {
            "id": random.choice(TRANSACTIONS),
            "account": random.choice(ACCOUNTS),
            "category": _category(random),
            "amount": random.randrange(10_000) / 100,
            "day": _day(random),
        }
        return [(f"UPDATE transaction SET {columns} WHERE id = %(id)s", values)]

    return make


_REASSIGN = """
    UPDATE transaction SET category_id = %(new)s
    WHERE id IN (SELECT id FROM transaction WHERE category_id = %(old)s ORDER BY id FOR NO KEY UPDATE)"""


def _reassign(random: Random) -> Statements:
    old, new = random.sample(CATEGORIES, 2)
    return [(_REASSIGN, {"old": old, "new": new})]


def _one(query: str, **choices: list[Any]) -> Callable[[Random], Statements]:
    """A statement whose parameters are each chosen from a list."""

    def make(random: Random) -> Statements:
        return [(query, {name: random.choice(values) for name, values in choices.items()})]

    return make


def _move(random: Random) -> Statements:
    first = _day(random)
    values = {"id": random.choice(BUDGETS), "first": first, "last": first + timedelta(days=random.randrange(60))}
    return [("UPDATE budget SET period_start = %(first)s, period_end = %(last)s WHERE id = %(id)s", values)]


def _damage(random: Random) -> Statements:
    values = {"amount": random.randrange(1, 1000), "account": DAMAGED[0], "budget": DAMAGED[1]}
    return [
        ("SET LOCAL session_replication_role = replica", {}),
        random.choice(
            [
                ("UPDATE account SET cached_balance = cached_balance + %(amount)s WHERE id = %(account)s", values),
                ("UPDATE budget SET cached_consumption = %(amount)s WHERE id = %(budget)s", values),
            ]
        ),
        ("SET LOCAL session_replication_role = DEFAULT", {}),
    ]


_NEW_BUDGET = {"name": "'New'", "period_start": "'2025-06-01'", "period_end": "'2025-06-30'", "recurrence": "'weekly'"}


def _remade(table: str, columns: dict[str, str], keys: list[UUID]) -> Callable[[Random], Statements]:
    """Deletes a row with all that hangs on it, and makes it again."""

    def make(random: Random) -> Statements:
        key = {"id": random.choice(keys)}
        return [
            (f"DELETE FROM {table} WHERE id = %(id)s", key),
            (f"INSERT INTO {table} (id, {', '.join(columns)}) VALUES (%(id)s, {', '.join(columns.values())})", key),
        ]

    return make


_TRACK = "INSERT INTO budget_category VALUES (%(budget)s, %(category)s) ON CONFLICT DO NOTHING"
_UNTRACK = "DELETE FROM budget_category WHERE budget_id = %(budget)s AND category_id = %(category)s"
_OPEN = "UPDATE account SET opening_balance = %(amount)s WHERE id = %(id)s"
_SAVE_ACCOUNT = "UPDATE account SET name = 'Saved', cached_balance = %(amount)s WHERE id = %(id)s"
_SAVE_BUDGET = "UPDATE budget SET name = 'Saved', cached_consumption = %(amount)s WHERE id = %(id)s"
_FLIP = "flow_type = CASE flow_type WHEN 'income' THEN 'outcome' ELSE 'income' END"
_DELETE_SOFTLY = "deleted_at = CASE WHEN deleted_at IS NULL THEN now() END"

WRITES = (
    Operation("insert", _insert(" DO NOTHING", 1, 4, 8)),
    Operation("upsert", _insert(_OR_UPDATE, 1)),
    Operation("change the amount", _update("amount = %(amount)s, description = 'Changed'")),
    Operation("change the account", _update("account_id = %(account)s")),
    Operation("change the category", _update("category_id = %(category)s")),
    Operation("change the date", _update("date = %(day)s")),
    Operation("turn around", _update(_FLIP)),
    Operation("soft-delete", _update(_DELETE_SOFTLY)),
    Operation("delete", _one("DELETE FROM transaction WHERE id = %(id)s", id=TRANSACTIONS)),
    Operation("reassign a category", _reassign),
    Operation("track", _one(_TRACK, budget=BUDGETS, category=CATEGORIES)),
    Operation("untrack", _one(_UNTRACK, budget=BUDGETS, category=CATEGORIES)),
    Operation("move the period", _move),
    Operation("change the opening balance", _one(_OPEN, id=ACCOUNTS, amount=[1, 2, 3])),
    Operation("save an account", _one(_SAVE_ACCOUNT, id=ACCOUNTS, amount=[0, 1, 2])),
    Operation("save a budget", _one(_SAVE_BUDGET, id=BUDGETS, amount=[0, 1, 2])),
)
"""What applications do, whether pgcache is installed or not."""

MAINTENANCE = (
    Operation("recompute an account", _one("SELECT recompute_account_balance(%(id)s)", id=ACCOUNTS)),
    Operation("recompute a budget", _one("SELECT recompute_budget_consumption(%(id)s)", id=BUDGETS)),
    Operation(
        "roll over", _one("SELECT rollover_budgets(%(day)s)", day=["2025-06-20", "2025-08-02"]), (READ_COMMITTED,)
    ),
    Operation("damage", _damage),
)
"""What pgcache's own functions do, and what they are there to repair."""

FOLDS = (
    Operation("fold the accounts", _one("SELECT pgcache.fold('account_balance')"), (READ_COMMITTED,)),
    Operation("fold the budgets", _one("SELECT pgcache.fold('budget_consumption', 2)"), (READ_COMMITTED,)),
)
"""What cron does in mode nowait."""

CASCADES = (
    Operation("upsert many", _insert(_OR_UPDATE, 4)),
    Operation("delete an account", _remade("account", {"name": "'New'", "opening_balance": "10"}, ACCOUNTS)),
    Operation("delete a category", _remade("category", {"name": "'New'"}, CATEGORIES)),
    Operation("delete a budget", _remade("budget", _NEW_BUDGET, BUDGETS)),
    Operation("reconcile", _one("SELECT pgcache.reconcile(%(cache)s)", cache=list(CACHES)), (READ_COMMITTED,)),
    Operation("truncate the mapping", _one("TRUNCATE budget_category"), (READ_COMMITTED,)),
)
"""What may deadlock: it comes to its rows, or tables, in another order than single statements of the writers do."""

"""Statements that touch several accounts, where writers meet: transfers, and four rows over thirty accounts."""

from __future__ import annotations

from benchmarks import ways
from benchmarks.household import ACCOUNTS, household
from benchmarks.model import Case, Variant, nothing
from benchmarks.work import under_load

_BASE = household()
_DEADLOCKS = 3  # seconds: the server looks for a deadlock when a second has passed


CASES = (
    Case(
        "transfer-8",
        "Transfers between two of 10,000 accounts, two rows in one statement, 8 clients",
        "transactions/s",
        "more",
        _BASE,
        ways.compared(under_load("transfer.sql", 8, accounts=ACCOUNTS)),
    ),
    Case(
        "transfer-hot-8",
        "Transfers between two of 30 accounts, two rows in one statement, 8 clients",
        "transactions/s",
        "more",
        _BASE,
        ways.compared(under_load("transfer.sql", 8, at_least_seconds=_DEADLOCKS, accounts=30)),
    ),
    Case(
        "four-rows-hot-8",
        "Four rows for any of 30 accounts in one statement, 8 clients",
        "transactions/s",
        "more",
        _BASE,
        ways.compared(under_load("four_rows.sql", 8, at_least_seconds=_DEADLOCKS, accounts=30)),
        short=True,
    ),
    Case(
        "finance-8",
        "Single-row inserts that count for an account and a budget; 10,000 accounts, 50 budgets, 8 clients",
        "transactions/s",
        "more",
        _BASE,
        tuple(
            Variant(name, under_load("insert_in_budget.sql", 8, accounts=ACCOUNTS), set_up)
            for name, set_up in {
                ways.NONE: nothing,
                "account_balance": ways.balance(),
                "finance, two caches": ways.preset("finance"),
                "all presets": ways.preset(*ways.PRESETS),
            }.items()
        ),
    ),
)

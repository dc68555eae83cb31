"""Transactions that go: DELETE, TRUNCATE, and what foreign keys cascade."""

from __future__ import annotations

import pytest

from tests.integration.finance.household import Household

DELETES: dict[str, tuple[str, dict[str, int | str | None]]] = {
    "one": (
        "DELETE FROM transaction WHERE id = %(groceries)s",
        {"everyday": 1065, "june": 0, "year": 40},
    ),
    "one that was soft-deleted": ("DELETE FROM transaction WHERE id = %(mistake)s", {}),
    "several": (
        "DELETE FROM transaction WHERE id IN (%(groceries)s, %(salary)s, %(mistake)s)",
        {"everyday": 65, "june": 0, "year": 40},
    ),
    "all": ("DELETE FROM transaction", {"everyday": 100, "june": 0, "year": 0}),
    "none": ("DELETE FROM transaction WHERE false", {}),
    "a category that two budgets track": (
        "DELETE FROM category WHERE id = %(food)s",
        {"june": 0, "year": 15},
    ),
    "all categories": ("DELETE FROM category", {"june": 0, "year": 0}),
    "a budget": ("DELETE FROM budget WHERE id = %(june)s", {"june": None}),
    "an account with its transactions": (
        "DELETE FROM account WHERE id = %(everyday)s",
        {"everyday": None, "june": 0, "year": 0},
    ),
    "all accounts": (
        "DELETE FROM account",
        {"everyday": None, "savings": None, "june": 0, "year": 0},
    ),
}

TRUNCATES: dict[str, tuple[str, dict[str, int | str | None]]] = {
    "transaction": ("TRUNCATE transaction", {"everyday": 100, "june": 0, "year": 0}),
    "budget_category": ("TRUNCATE budget_category", {"june": 0, "year": 0}),
    "source and mapping": (
        "TRUNCATE transaction, budget_category",
        {"everyday": 100, "june": 0, "year": 0},
    ),
    "mapping and source": (
        "TRUNCATE budget_category, transaction",
        {"everyday": 100, "june": 0, "year": 0},
    ),
    "account, cascading to its transactions": (
        "TRUNCATE account CASCADE",
        {"everyday": None, "savings": None, "june": 0, "year": 0},
    ),
    "category, cascading to transactions and mapping": (
        "TRUNCATE category CASCADE",
        {"everyday": 100, "june": 0, "year": 0},
    ),
    "budget, cascading to the mapping": ("TRUNCATE budget CASCADE", {"june": None, "year": None}),
    "everything": (
        "TRUNCATE account, category, budget, budget_category, budget_period, transaction",
        {"everyday": None, "savings": None, "june": None, "year": None},
    ),
}


@pytest.mark.parametrize(("statement", "changed"), DELETES.values(), ids=DELETES.keys())
def test_delete(home: Household, statement: str, changed: dict[str, int | str | None]) -> None:
    home.run(statement)
    home.expect(**changed)


@pytest.mark.parametrize(("statement", "changed"), TRUNCATES.values(), ids=TRUNCATES.keys())
def test_truncate(home: Household, statement: str, changed: dict[str, int | str | None]) -> None:
    home.run(statement)
    home.expect(**changed)


def test_rows_after_a_truncate_in_the_same_transaction_count(home: Household) -> None:
    with home.conn.transaction():
        home.run(
            """INSERT INTO transaction (account_id, flow_type, amount)
               VALUES (%(savings)s, 'income', 3)"""
        )
        home.run("TRUNCATE transaction")
        home.run(
            """INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
               VALUES (%(savings)s, %(food)s, 'outcome', 4, '2025-06-05')"""
        )
    home.expect(everyday=100, savings=-4, june=4, year=4)


def test_truncate_of_an_empty_table(home: Household) -> None:
    home.run("TRUNCATE transaction")
    home.run("TRUNCATE transaction")
    home.expect(everyday=100, june=0, year=0)

"""Transfers: two rows with one transfer_id, an outcome here and an income there."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.integration.finance.household import Household

TRANSFER = UUID(int=99)

BOTH_ROWS: str = """
    INSERT INTO transaction (account_id, flow_type, amount, date, transfer_id) VALUES
        (%(everyday)s, 'outcome', 200, '2025-06-05', %(transfer)s),
        (%(savings)s, 'income', 200, '2025-06-05', %(transfer)s)"""


@pytest.fixture
def transferred(home: Household) -> Household:
    home.run(BOTH_ROWS, transfer=TRANSFER)
    home.expect(everyday=825, savings=200)
    return home


CHANGES: dict[str, tuple[str, dict[str, int | str]]] = {
    "amount": (
        "UPDATE transaction SET amount = 250 WHERE transfer_id = %(transfer)s",
        {"everyday": 775, "savings": 250},
    ),
    "direction": (
        """UPDATE transaction SET flow_type = CASE flow_type WHEN 'income' THEN 'outcome' ELSE 'income' END
           WHERE transfer_id = %(transfer)s""",
        {"everyday": 1225, "savings": -200},
    ),
    "the accounts swap": (
        """UPDATE transaction
           SET account_id = CASE account_id WHEN %(savings)s THEN %(everyday)s ELSE %(savings)s END
           WHERE transfer_id = %(transfer)s""",
        {"everyday": 1225, "savings": -200},
    ),
    "both rows on one account": (
        "UPDATE transaction SET account_id = %(savings)s WHERE transfer_id = %(transfer)s",
        {},
    ),
    "soft-deleted": (
        "UPDATE transaction SET deleted_at = now() WHERE transfer_id = %(transfer)s",
        {},
    ),
    "one half soft-deleted": (
        """UPDATE transaction SET deleted_at = now()
           WHERE transfer_id = %(transfer)s AND account_id = %(savings)s""",
        {"everyday": 825},
    ),
    "a category on both rows: the outcome counts in budgets": (
        "UPDATE transaction SET category_id = %(food)s WHERE transfer_id = %(transfer)s",
        {"everyday": 825, "savings": 200, "june": 240, "year": 280},
    ),
    "deleted": ("DELETE FROM transaction WHERE transfer_id = %(transfer)s", {}),
}


@pytest.mark.parametrize(("statement", "changed"), CHANGES.values(), ids=CHANGES.keys())
def test_change_of_a_transfer(transferred: Household, statement: str, changed: dict[str, int | str]) -> None:
    transferred.run(statement, transfer=TRANSFER)
    transferred.expect(**changed)


def test_two_statements_in_one_transaction(home: Household) -> None:
    with home.conn.transaction():
        home.run(
            """INSERT INTO transaction (account_id, flow_type, amount, transfer_id)
               VALUES (%(everyday)s, 'outcome', 200, %(transfer)s)""",
            transfer=TRANSFER,
        )
        home.run(
            """INSERT INTO transaction (account_id, flow_type, amount, transfer_id)
               VALUES (%(savings)s, 'income', 200, %(transfer)s)""",
            transfer=TRANSFER,
        )
    home.expect(everyday=825, savings=200)


def test_transfer_within_one_account(home: Household) -> None:
    home.run(
        """INSERT INTO transaction (account_id, category_id, flow_type, amount, date, transfer_id) VALUES
               (%(everyday)s, %(food)s, 'outcome', 200, '2025-06-05', %(transfer)s),
               (%(everyday)s, %(food)s, 'income', 200, '2025-06-05', %(transfer)s)""",
        transfer=TRANSFER,
    )
    home.expect(june=240, year=280)

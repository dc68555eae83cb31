"""The money in a drawer: through payments and transactions, which may name one or none."""

from __future__ import annotations

import psycopg
import pytest

from tests.integration.parties.bakery import Bakery

# What becomes of the drawers alone; the parties keep their balance.
MOVED: dict[str, tuple[str, dict[str, int]]] = {
    "a payment in, to the other drawer": (
        "UPDATE payments SET drawer_id = %(safe)s WHERE id = %(customer_in)s",
        {"till": -90, "safe": 90},
    ),
    "a payment out, to the other drawer": (
        "UPDATE payments SET drawer_id = %(till)s WHERE id = %(employee_out)s",
        {"till": -200, "safe": 200},
    ),
    "a payment, out of any drawer": (
        "UPDATE payments SET drawer_id = NULL WHERE id = %(customer_in)s",
        {"till": -90},
    ),
    "a payment, into a drawer": (
        "UPDATE payments SET drawer_id = %(safe)s WHERE id = %(vendor_out)s",
        {"safe": -120},
    ),
    "a payment without a drawer, left so": (
        "UPDATE payments SET drawer_id = NULL WHERE id = %(vendor_out)s",
        {},
    ),
    "a soft-deleted payment": (
        "UPDATE payments SET drawer_id = %(safe)s WHERE id = %(customer_mistake)s",
        {},
    ),
    "income, to the other drawer": (
        "UPDATE transactions SET drawer_id = %(safe)s WHERE id = %(cash_fee)s",
        {"till": -70, "safe": 70},
    ),
    "outcome, to the other drawer": (
        "UPDATE transactions SET drawer_id = %(till)s WHERE id = %(cash_out)s",
        {"till": -25, "safe": 25},
    ),
    "income, out of any drawer": (
        "UPDATE transactions SET drawer_id = NULL WHERE id = %(cash_fee)s",
        {"till": -70},
    ),
    "income, into a drawer": (
        "UPDATE transactions SET drawer_id = %(safe)s WHERE id = %(fee)s",
        {"safe": 7},
    ),
    "a soft-deleted transaction": (
        "UPDATE transactions SET drawer_id = %(safe)s WHERE id = %(cash_mistake)s",
        {},
    ),
    "everything into the safe": (
        """WITH paid AS (UPDATE payments SET drawer_id = %(safe)s WHERE drawer_id = %(till)s)
           UPDATE transactions SET drawer_id = %(safe)s WHERE drawer_id = %(till)s""",
        {"till": -120, "safe": 120},
    ),
}

# What becomes of the drawers and the member whose transaction it is.
CHANGED: dict[str, tuple[str, dict[str, int]]] = {
    "income": (
        """INSERT INTO transactions (member_id, drawer_id, flow_type, amount)
           VALUES (%(emil)s, %(safe)s, 'income', 6)""",
        {"emil": 6, "safe": 6},
    ),
    "outcome": (
        """INSERT INTO transactions (member_id, drawer_id, flow_type, amount)
           VALUES (%(emil)s, %(safe)s, 'outcome', 6)""",
        {"emil": -6, "safe": -6},
    ),
    "amount": ("UPDATE transactions SET amount = 76 WHERE id = %(cash_fee)s", {"dana": 6, "till": 6}),
    "amount of outcome": ("UPDATE transactions SET amount = 31 WHERE id = %(cash_out)s", {"dana": -6, "safe": -6}),
    "the flow turned round": (
        "UPDATE transactions SET flow_type = 'outcome' WHERE id = %(cash_fee)s",
        {"dana": -140, "till": -140},
    ),
    "flow and drawer at once": (
        "UPDATE transactions SET flow_type = 'outcome', drawer_id = %(safe)s WHERE id = %(cash_fee)s",
        {"dana": -140, "till": -70, "safe": -70},
    ),
    "the member, not the drawer": (
        "UPDATE transactions SET member_id = %(emil)s WHERE id = %(cash_fee)s",
        {"dana": -70, "emil": 70},
    ),
    "soft-delete": ("UPDATE transactions SET deleted_at = now() WHERE id = %(cash_fee)s", {"dana": -70, "till": -70}),
    "undelete": ("UPDATE transactions SET deleted_at = NULL WHERE id = %(cash_mistake)s", {"dana": 12, "till": 12}),
    "undelete without a drawer": (
        "UPDATE transactions SET deleted_at = NULL, drawer_id = NULL WHERE id = %(cash_mistake)s",
        {"dana": 12},
    ),
    "delete": ("DELETE FROM transactions WHERE id = %(cash_out)s", {"dana": 25, "safe": 25}),
}


@pytest.mark.parametrize(("statement", "changes"), MOVED.values(), ids=MOVED.keys())
def test_money_moves(bakery: Bakery, statement: str, changes: dict[str, int]) -> None:
    bakery.run(statement)
    bakery.expect(**changes)


@pytest.mark.parametrize(("statement", "changes"), CHANGED.values(), ids=CHANGED.keys())
def test_a_transaction_changes(bakery: Bakery, statement: str, changes: dict[str, int]) -> None:
    bakery.run(statement)
    bakery.expect(**changes)


def test_a_drawer_with_money_in_it_is_not_deleted(bakery: Bakery) -> None:
    """Nor is a party with a history: their payments lie in drawers."""
    for table, name in (("cash_drawer_money", "till"), ("customers", "aurora"), ("members", "dana")):
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            bakery.run(f"DELETE FROM {table} WHERE id = %(id)s", id=bakery.ids[name])
    bakery.expect()

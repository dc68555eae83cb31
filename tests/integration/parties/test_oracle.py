"""The oracle itself: it says nothing of an exact cache and finds every row that no trigger saw."""

from __future__ import annotations

import pytest

from tests.integration.parties.bakery import CACHES, MEASURES, START, TARGETS, Bakery
from tests.oracle.compare import differences

# Each statement, past all triggers, and the caches that are wrong after it.
UNSEEN: dict[str, tuple[str, ...]] = {
    "UPDATE sales SET deleted_at = NULL": ("customer_balance",),
    "DELETE FROM sales": ("customer_balance",),
    "UPDATE purchases SET total = total + 1": ("vendor_balance",),
    "UPDATE purchases SET deleted_at = NULL": ("vendor_balance",),
    "UPDATE salaries SET employee_id = %(boris)s": ("employee_balance",),
    "UPDATE salaries SET deleted_at = NULL": ("employee_balance",),
    "UPDATE transactions SET flow_type = 'outcome'": ("member_balance", "cash_drawer_amount"),
    "UPDATE transactions SET deleted_at = NULL": ("member_balance", "cash_drawer_amount"),
    "UPDATE transactions SET drawer_id = NULL": ("cash_drawer_amount",),
    "UPDATE payments SET drawer_id = NULL": ("cash_drawer_amount",),
    "UPDATE payments SET deleted_at = NULL": CACHES,
    "DELETE FROM payments": CACHES,
    "UPDATE payments SET direction = 'in'": CACHES,
    "UPDATE payments SET customer_id = NULL, vendor_id = %(dairy)s WHERE id = %(customer_in)s": (
        "customer_balance",
        "vendor_balance",
    ),
}


def test_nothing_to_say_of_exact_caches(bakery: Bakery) -> None:
    assert [line for cache in CACHES for line in differences(bakery.conn, cache)] == []


@pytest.mark.parametrize(("cache", "table"), list(zip(CACHES, TARGETS, strict=True)))
def test_each_wrong_key_is_named_with_both_values(bakery: Bakery, cache: str, table: str) -> None:
    bakery.corrupt(f"UPDATE {table} SET {MEASURES[table]} = {MEASURES[table]} + 0.01")
    assert differences(bakery.conn, cache) == [
        f"{cache} {bakery.ids[name]}: {MEASURES[table]} cached {START[name]}.01, computed {START[name]}.00"
        for name in TARGETS[table]
    ]


@pytest.mark.parametrize(("statement", "caches"), UNSEEN.items())
def test_rows_that_no_trigger_saw_are_found(bakery: Bakery, statement: str, caches: tuple[str, ...]) -> None:
    bakery.corrupt(statement)
    assert tuple(cache for cache in CACHES if differences(bakery.conn, cache)) == caches

"""The oracle itself: it says nothing of an exact cache and names each key that is wrong."""

from __future__ import annotations

import pytest

from tests.integration.finance.household import CACHES, Household
from tests.oracle.compare import assert_exact, differences


def test_nothing_to_say_of_exact_caches(home: Household) -> None:
    assert [line for cache in CACHES for line in differences(home.conn, cache)] == []


def test_each_wrong_key_is_named_with_both_values(home: Household) -> None:
    home.corrupt("UPDATE account SET cached_balance = cached_balance + 0.01")
    home.corrupt("UPDATE budget SET cached_consumption = 0 WHERE id = %(june)s")
    everyday, savings, june = (home.ids[name] for name in ("everyday", "savings", "june"))
    assert differences(home.conn, "account_balance") == [
        f"account_balance {everyday}: cached_balance cached 1025.01, computed 1025.00",
        f"account_balance {savings}: cached_balance cached 0.01, computed 0.00",
    ]
    with pytest.raises(AssertionError, match=rf"budget_consumption {june}: .* cached 0\.00, computed 40\.00"):
        assert_exact(home.conn, *CACHES)


@pytest.mark.parametrize(
    ("statement", "cache"),
    [
        ("UPDATE transaction SET deleted_at = NULL", "account_balance"),
        ("UPDATE transaction SET deleted_at = NULL", "budget_consumption"),
        ("UPDATE transaction SET flow_type = 'outcome' WHERE id = %(refund)s", "account_balance"),
        ("UPDATE transaction SET flow_type = 'outcome' WHERE id = %(refund)s", "budget_consumption"),
        ("UPDATE transaction SET date = '2025-05-31' WHERE id = %(groceries)s", "budget_consumption"),
        ("UPDATE transaction SET date = '2025-06-30' WHERE id = %(picnic)s", "budget_consumption"),
        ("UPDATE account SET opening_balance = 0", "account_balance"),
        ("DELETE FROM transaction", "account_balance"),
        ("DELETE FROM budget_category WHERE budget_id = %(june)s", "budget_consumption"),
        ("UPDATE budget SET period_end = '2025-06-09' WHERE id = %(june)s", "budget_consumption"),
    ],
)
def test_rows_that_no_trigger_saw_are_found(home: Household, statement: str, cache: str) -> None:
    home.corrupt(statement)
    assert differences(home.conn, cache)

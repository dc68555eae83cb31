"""The functions that an application calls: recompute one account, one budget, one period of a budget."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest

from tests.integration.finance.household import Household

# As sent by clients that know no types: literals and nothing else.
RECOMPUTE: dict[str, tuple[str, str, int]] = {
    "balance": (
        "UPDATE account SET cached_balance = -7777.77 WHERE id = %(everyday)s",
        "SELECT recompute_account_balance(%(everyday)s)",
        1025,
    ),
    "consumption": (
        "UPDATE budget SET cached_consumption = 4711 WHERE id = %(june)s",
        "SELECT recompute_budget_consumption(%(june)s)",
        40,
    ),
    "consumption of the current period": (
        "UPDATE budget SET cached_consumption = 4711 WHERE id = %(june)s",
        "SELECT recompute_budget_consumption(%(june)s, '2025-06-01', '2025-06-30')",
        40,
    ),
    "balance after rows that no trigger saw": (
        "UPDATE transaction SET amount = amount + 1, deleted_at = NULL WHERE id = %(mistake)s",
        "SELECT recompute_account_balance(%(everyday)s)",
        964,
    ),
}

UNKNOWN: tuple[str, ...] = (
    "SELECT recompute_account_balance(%(food)s)",
    "SELECT recompute_budget_consumption(%(food)s)",
    "SELECT recompute_budget_consumption(%(food)s, '2025-06-01', '2025-06-30')",
)


@pytest.mark.parametrize(("corrupt", "call", "true_value"), RECOMPUTE.values(), ids=RECOMPUTE.keys())
def test_recompute_returns_and_stores(home: Household, corrupt: str, call: str, true_value: int) -> None:
    home.corrupt(corrupt)
    with psycopg.ClientCursor(home.conn) as cursor:
        assert cursor.execute(call, home.ids).fetchall() == [(Decimal(true_value),)]
    if "balance" in call:
        assert home.balance(home.ids["everyday"]) == true_value
    else:
        assert home.consumption(home.ids["june"]) == true_value


def test_recompute_mends_nothing_else(home: Household) -> None:
    home.corrupt("UPDATE account SET cached_balance = 1")
    home.run("SELECT recompute_account_balance(%(everyday)s)")
    assert home.balance(home.ids["savings"]) == 1
    home.run("SELECT recompute_account_balance(%(savings)s)")
    home.expect()


def test_recompute_of_an_exact_row_changes_nothing(home: Household) -> None:
    assert home.value("SELECT recompute_account_balance(%(everyday)s)") == 1025
    assert home.value("SELECT recompute_budget_consumption(%(year)s)") == 80
    assert home.value("SELECT count(*) FROM pgcache.drift") == 0
    home.expect()


def test_recompute_logs_what_it_corrects(home: Household) -> None:
    home.corrupt("UPDATE account SET cached_balance = 1000 WHERE id = %(everyday)s")
    home.run("SELECT recompute_account_balance(%(everyday)s)")
    logged = home.run("SELECT cache, measure, cached, computed, drift FROM pgcache.drift").fetchall()
    assert logged == [("account_balance", "cached_balance", 1000, 1025, 25)]


def test_recompute_of_another_period_returns_and_stores_nothing(home: Household) -> None:
    may = "SELECT recompute_budget_consumption(%(june)s, '2025-05-01', '2025-05-31')"
    assert home.value(may) == 25
    both = "SELECT recompute_budget_consumption(%(june)s, '2025-05-31', '2025-06-10')"
    assert home.value(both) == 65
    none = "SELECT recompute_budget_consumption(%(june)s, '1999-01-01', '1999-12-31')"
    assert home.value(none) == 0
    home.expect()


def test_recompute_of_another_period_leaves_a_drift_for_reconcile(home: Household) -> None:
    home.corrupt("UPDATE budget SET cached_consumption = 4711 WHERE id = %(june)s")
    home.run("SELECT recompute_budget_consumption(%(june)s, '2025-05-01', '2025-05-31')")
    assert home.consumption(home.ids["june"]) == 4711


@pytest.mark.parametrize("call", UNKNOWN)
def test_an_unknown_id_is_an_error(home: Household, call: str) -> None:
    with pytest.raises(psycopg.Error) as error:
        home.run(call)
    assert (error.value.sqlstate or "").startswith("PC")
    assert str(home.ids["food"]) in f"{error.value}{error.value.diag.message_detail}"


def test_recompute_rolled_back(home: Household) -> None:
    home.corrupt("UPDATE account SET cached_balance = 1 WHERE id = %(savings)s")
    with home.conn.transaction(force_rollback=True):
        assert home.value("SELECT recompute_account_balance(%(savings)s)") == 0
    assert home.balance(home.ids["savings"]) == 1


def test_after_a_recompute_changes_count_as_before(home: Household) -> None:
    home.corrupt("UPDATE account SET cached_balance = 1")
    home.run("SELECT recompute_account_balance(id) FROM account")
    home.run("UPDATE transaction SET amount = 41 WHERE id = %(groceries)s")
    home.expect(everyday=1024, june=41, year=81)


def test_the_view_of_each_cache_shows_what_is_cached(home: Household) -> None:
    balances = home.run("SELECT id, cached_balance FROM pgcache.account_balance").fetchall()
    assert dict(balances) == {home.ids["everyday"]: 1025, home.ids["savings"]: 0}
    consumed = home.run("SELECT id, cached_consumption FROM pgcache.budget_consumption").fetchall()
    assert dict(consumed) == {home.ids["june"]: 40, home.ids["year"]: 80}

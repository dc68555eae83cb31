"""The functions that an application calls: one for each kind of party, and the views."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import psycopg
import pytest

from tests.integration.parties.bakery import MEASURES, START, TARGETS, Bakery

# Its function, its view, and a party or drawer of it.
FIGURES = {
    "customers": ("recompute_customer_balance", "customer_balance", "aurora"),
    "vendors": ("recompute_vendor_balance", "vendor_balance", "mill"),
    "employees": ("recompute_employee_balance", "employee_balance", "amina"),
    "members": ("recompute_member_balance", "member_balance", "dana"),
    "cash_drawer_money": ("recompute_cash_drawer_amount", "cash_drawer_amount", "till"),
}

each = pytest.mark.parametrize("table", TARGETS)


@each
def test_recompute_makes_one_exact_and_returns_it(bakery: Bakery, table: str) -> None:
    rpc, _, name = FIGURES[table]
    bakery.corrupt(f"UPDATE {table} SET {MEASURES[table]} = {MEASURES[table]} + 7")
    assert bakery.value(f"SELECT {rpc}(%(id)s)", id=bakery.ids[name]) == START[name]
    found, (first, second) = bakery.found(), TARGETS[table]
    assert found[first] == START[first]
    assert found[second] == START[second] + 7


@each
def test_recompute_of_an_exact_one_changes_nothing(bakery: Bakery, table: str) -> None:
    rpc, _, name = FIGURES[table]
    assert bakery.value(f"SELECT {rpc}(%(id)s)", id=bakery.ids[name]) == Decimal(START[name])
    bakery.expect()
    assert bakery.value("SELECT count(*) FROM pgcache.drift") == 0


@each
def test_recompute_of_nobody_is_an_error(bakery: Bakery, table: str) -> None:
    with pytest.raises(psycopg.Error) as error:
        bakery.run(f"SELECT {FIGURES[table][0]}(%(id)s)", id=UUID(int=99))
    assert error.value.sqlstate == "PC003"


@each
def test_the_view_shows_the_figures(bakery: Bakery, table: str) -> None:
    _, view, name = FIGURES[table]
    query = f"SELECT {MEASURES[table]} FROM pgcache.{view} WHERE id = %(id)s"
    assert bakery.value(query, id=bakery.ids[name]) == START[name]

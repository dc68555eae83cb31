"""The reference tables and the example data of the finance preset."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from pgcache import resources
from tests.integration.finance.household import CACHES, Household
from tests.oracle.compare import assert_exact

TABLES = ("account", "budget", "budget_category", "budget_period", "category", "transaction")

REFUSED = {
    "a negative amount": "INSERT INTO transaction (account_id, flow_type, amount) VALUES (%(savings)s, 'income', -1)",
    "an amount that is no number": """INSERT INTO transaction (account_id, flow_type, amount)
        VALUES (%(savings)s, 'income', 'NaN')""",
    "an unknown flow type": """INSERT INTO transaction (account_id, flow_type, amount)
        VALUES (%(savings)s, 'transfer', 1)""",
    "an unknown status": "UPDATE transaction SET status = 'late'",
    "an unknown recurrence": "UPDATE budget SET recurrence = 'daily'",
    "a period that ends before it starts": "UPDATE budget SET period_end = period_start - 1",
    "an opening balance that is no number": "UPDATE account SET opening_balance = 'NaN'",
    "a budget that is no number": "UPDATE budget SET amount = 'NaN'",
}


def test_the_named_columns_suffice(conn: psycopg.Connection[tuple[Any, ...]]) -> None:
    conn.execute(resources.sql("presets", "finance", "tables.sql"))
    conn.execute(
        """WITH account AS (INSERT INTO account (name) VALUES ('Cash') RETURNING id),
                category AS (INSERT INTO category (name) VALUES ('Food') RETURNING id),
                budget AS (
                    INSERT INTO budget (name, amount, period_start, period_end)
                    VALUES ('Food', 10, '2025-06-01', '2025-06-30') RETURNING id
                ),
                budget_category AS (
                    INSERT INTO budget_category (budget_id, category_id)
                    SELECT budget.id, category.id FROM budget, category
                ),
                budget_period AS (
                    INSERT INTO budget_period (budget_id, period_start, period_end, consumption)
                    SELECT id, '2025-05-01', '2025-05-31', 3 FROM budget
                )
           INSERT INTO transaction (account_id, flow_type, amount) SELECT id, 'income', 1 FROM account"""
    )
    stored = conn.execute("SELECT date = current_date, status, category_id, deleted_at FROM transaction").fetchone()
    assert stored == (True, "paid", None, None)


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED.keys())
def test_values_that_would_spoil_a_sum_are_refused(home: Household, statement: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        home.run(statement)
    home.expect()


def test_each_foreign_key_has_an_index(finance: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Else deleting one row scans the table that refers to it."""
    lacking = finance.execute(
        """SELECT conrelid::regclass::text, conname FROM pg_constraint
           WHERE contype = 'f' AND conrelid::regclass::text = ANY (%s) AND NOT EXISTS (
               SELECT FROM pg_index
               WHERE indrelid = conrelid AND indpred IS NULL
                 AND (indkey::smallint[])[0:cardinality(conkey) - 1] = conkey
           )""",
        (list(TABLES),),
    ).fetchall()
    assert lacking == []


def test_every_table_and_column_is_explained(finance: psycopg.Connection[tuple[Any, ...]]) -> None:
    silent = finance.execute(
        """SELECT attrelid::regclass::text, attname FROM pg_attribute
           WHERE attrelid = ANY (%s::regclass[]) AND attnum > 0
             AND (col_description(attrelid, attnum) IS NULL OR obj_description(attrelid, 'pg_class') IS NULL)""",
        (list(TABLES),),
    ).fetchall()
    assert silent == []


def test_tables_and_example_can_be_run_again(finance: psycopg.Connection[tuple[Any, ...]]) -> None:
    for _ in range(2):
        finance.execute(resources.sql("presets", "finance", "tables.sql"))
        finance.execute(resources.sql("presets", "finance", "example.sql"))
        # Ids are made of the rows, however dates are written here.
        finance.execute("SET DateStyle = 'German, DMY'; SET TimeZone = 'Pacific/Apia'")
        balances = finance.execute("SELECT name, cached_balance FROM account ORDER BY name").fetchall()
        assert balances == [
            ("Credit card", Decimal("-978.15")),
            ("Everyday", Decimal("3431.35")),
            ("Savings", Decimal("14524.25")),
        ]
        consumed = finance.execute("SELECT name, cached_consumption FROM budget ORDER BY name").fetchall()
        assert consumed == [
            ("Food", Decimal("139.80")),
            ("Fun of the year", Decimal("2681.80")),
            ("Going out", Decimal("292.40")),
            ("Home", Decimal("1183.00")),
            ("Trip to Lisbon", Decimal("991.90")),
        ]
        assert_exact(finance, *CACHES)

"""Transactions that are inserted."""

from __future__ import annotations

import psycopg
import pytest

from tests.integration.finance.household import Household

Cases = dict[str, tuple[str, dict[str, int | str]]]

INSERTS: Cases = {
    "income": (
        """INSERT INTO transaction (account_id, flow_type, amount, date)
           VALUES (%(savings)s, 'income', 12.34, '2025-06-03')""",
        {"savings": "12.34"},
    ),
    "outcome of a tracked category": (
        """INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
           VALUES (%(savings)s, %(food)s, 'outcome', 7, '2025-06-03')""",
        {"savings": -7, "june": 47, "year": 87},
    ),
    "outcome of a category that one budget tracks": (
        """INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
           VALUES (%(savings)s, %(fun)s, 'outcome', 7, '2025-06-03')""",
        {"savings": -7, "year": 87},
    ),
    "outcome of a category that no budget tracks": (
        """INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
           VALUES (%(savings)s, %(rest)s, 'outcome', 7, '2025-06-03')""",
        {"savings": -7},
    ),
    "without a category": (
        """INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
           VALUES (%(savings)s, NULL, 'outcome', 7, '2025-06-03')""",
        {"savings": -7},
    ),
    "soft-deleted from the start": (
        """INSERT INTO transaction (account_id, category_id, flow_type, amount, date, deleted_at)
           VALUES (%(savings)s, %(food)s, 'outcome', 7, '2025-06-03', now())""",
        {},
    ),
    "unpaid and forecast count as paid does": (
        """INSERT INTO transaction (account_id, category_id, flow_type, amount, date, status)
           VALUES (%(savings)s, %(food)s, 'outcome', 7, '2025-06-03', 'unpaid'),
                  (%(savings)s, %(food)s, 'outcome', 1, '2025-06-03', 'forecast')""",
        {"savings": -8, "june": 48, "year": 88},
    ),
    "amount 0": (
        """INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
           VALUES (%(savings)s, %(food)s, 'outcome', 0, '2025-06-03')""",
        {},
    ),
    "many rows, accounts and categories": (
        """INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
           SELECT CASE WHEN n %% 2 = 0 THEN %(everyday)s ELSE %(savings)s END::uuid,
                  CASE WHEN n %% 4 < 2 THEN %(food)s ELSE %(fun)s END::uuid,
                  CASE WHEN n %% 5 = 0 THEN 'income' ELSE 'outcome' END,
                  n,
                  date '2025-06-01' + n %% 60
           FROM generate_series(1, 100) AS n""",
        # Even: 2550, of which income 550; odd: 2500, of which income 500.
        # June: n % 60 < 30, n % 4 < 2, n % 5 > 0; the year: all that are no income.
        {"everyday": 1025 - 1450, "savings": -1500, "june": 40 + 1084, "year": 80 + 4000},
    ),
    "no row": (
        """INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
           SELECT account_id, category_id, flow_type, amount, date FROM transaction WHERE false""",
        {},
    ),
    "rows that cancel each other": (
        """INSERT INTO transaction (account_id, flow_type, amount)
           VALUES (%(savings)s, 'income', 9), (%(savings)s, 'outcome', 9)""",
        {},
    ),
}

BOUNDARIES: dict[str, dict[str, int | str]] = {
    "2025-05-31": {"year": 87},
    "2025-06-01": {"june": 47, "year": 87},
    "2025-06-30": {"june": 47, "year": 87},
    "2025-07-01": {"year": 87},
    "2024-12-31": {},
    "2025-01-01": {"year": 87},
    "2025-12-31": {"year": 87},
    "2026-01-01": {},
    "infinity": {},
    "-infinity": {},
}


@pytest.mark.parametrize(("statement", "changed"), INSERTS.values(), ids=INSERTS.keys())
def test_insert(home: Household, statement: str, changed: dict[str, int | str]) -> None:
    home.run(statement)
    home.expect(**changed)


@pytest.mark.parametrize(("date", "changed"), BOUNDARIES.items(), ids=BOUNDARIES.keys())
def test_first_and_last_day_of_a_period_count(home: Household, date: str, changed: dict[str, int | str]) -> None:
    home.run(
        """INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
           VALUES (%(savings)s, %(food)s, 'outcome', 7, %(date)s)""",
        date=date,
    )
    home.expect(savings=-7, **changed)


def test_copy(home: Household) -> None:
    with (
        home.conn.cursor() as cursor,
        cursor.copy(
            "COPY transaction (account_id, category_id, flow_type, amount, date, deleted_at) FROM STDIN"
        ) as copy,
    ):
        for account, category, flow_type, amount, deleted_at in (
            ("savings", "food", "outcome", "3.10", None),
            ("everyday", "food", "outcome", "1.05", None),
            ("savings", "fun", "outcome", "2.00", None),
            ("savings", None, "income", "50.00", None),
            ("savings", "food", "outcome", "8.00", "2025-06-04 00:00+00"),
        ):
            ids = (home.ids[account], category and home.ids[category])
            copy.write_row((*ids, flow_type, amount, "2025-06-04", deleted_at))
    home.expect(everyday="1023.95", savings="44.90", june="44.15", year="86.15")


def test_copy_of_no_row(home: Household) -> None:
    with (
        home.conn.cursor() as cursor,
        cursor.copy("COPY transaction (account_id, flow_type, amount) FROM STDIN"),
    ):
        pass
    home.expect()


def test_a_refused_row_leaves_no_trace(home: Household) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        home.run(
            """INSERT INTO transaction (account_id, flow_type, amount)
               VALUES (%(savings)s, 'income', 9), (%(savings)s, 'income', -1)"""
        )
    home.expect()


def test_a_balance_that_overflows_refuses_the_row(home: Household) -> None:
    income = "INSERT INTO transaction (account_id, flow_type, amount) VALUES (%(savings)s, 'income', %(amount)s)"
    home.run(income, amount="9999999999.99")
    with pytest.raises(psycopg.errors.NumericValueOutOfRange):
        home.run(income, amount="0.01")
    home.expect(savings="9999999999.99")

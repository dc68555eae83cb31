"""Budgets that step into their next period, with the closed ones kept in budget_period."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.finance.household import Household

Period = tuple[str, str]

# From a first period and a day to the periods that are closed by then, the last one being current.
STEPS: dict[str, tuple[str, str, list[Period]]] = {
    "monthly, on the last day of the period: not finished": (
        "monthly",
        "2025-01-31",
        [("2025-01-01", "2025-01-31")],
    ),
    "monthly, on the day after": (
        "monthly",
        "2025-02-01",
        [("2025-01-01", "2025-01-31"), ("2025-02-01", "2025-02-28")],
    ),
    "calendar months": (
        "monthly",
        "2025-05-31",
        [
            ("2025-01-01", "2025-01-31"),
            ("2025-02-01", "2025-02-28"),
            ("2025-03-01", "2025-03-31"),
            ("2025-04-01", "2025-04-30"),
            ("2025-05-01", "2025-05-31"),
        ],
    ),
    "calendar months of a leap year": (
        "monthly",
        "2024-03-01",
        [("2024-01-01", "2024-01-31"), ("2024-02-01", "2024-02-29"), ("2024-03-01", "2024-03-31")],
    ),
    "from pay day to pay day": (
        "monthly",
        "2025-03-15",
        [
            ("2024-12-15", "2025-01-14"),
            ("2025-01-15", "2025-02-14"),
            ("2025-02-15", "2025-03-14"),
            ("2025-03-15", "2025-04-14"),
        ],
    ),
    "months that start on the 31st, where there is one": (
        "monthly",
        "2025-06-01",
        [
            ("2025-01-31", "2025-02-27"),
            ("2025-02-28", "2025-03-30"),
            ("2025-03-31", "2025-04-29"),
            ("2025-04-30", "2025-05-30"),
            ("2025-05-31", "2025-06-29"),
        ],
    ),
    "months that start on the 30th, in a leap year": (
        "monthly",
        "2024-03-30",
        [("2024-01-30", "2024-02-28"), ("2024-02-29", "2024-03-29"), ("2024-03-30", "2024-04-29")],
    ),
    "weekly, over the turn of the year": (
        "weekly",
        "2026-01-06",
        [("2025-12-22", "2025-12-28"), ("2025-12-29", "2026-01-04"), ("2026-01-05", "2026-01-11")],
    ),
    "yearly": (
        "yearly",
        "2027-01-01",
        [("2025-01-01", "2025-12-31"), ("2026-01-01", "2026-12-31"), ("2027-01-01", "2027-12-31")],
    ),
    "years that end with February": (
        "yearly",
        "2028-03-01",
        [("2026-03-01", "2027-02-28"), ("2027-03-01", "2028-02-29"), ("2028-03-01", "2029-02-28")],
    ),
}


def _budget(home: Household, start: str, end: str, recurrence: str | None) -> Any:
    """A budget that tracks food."""
    budget = home.value(
        """INSERT INTO budget (name, amount, period_start, period_end, recurrence)
           VALUES ('Food', 100, %(start)s, %(end)s, %(recurrence)s) RETURNING id""",
        start=start,
        end=end,
        recurrence=recurrence,
    )
    home.run("INSERT INTO budget_category VALUES (%(budget)s, %(food)s)", budget=budget)
    return budget


def _spend(home: Household, day: str, amount: str) -> None:
    home.run(
        """INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
           VALUES (%(savings)s, %(food)s, 'outcome', %(amount)s, %(day)s)""",
        day=day,
        amount=amount,
    )


def _history(home: Household, budget: object) -> list[tuple[Any, ...]]:
    return home.run(
        """SELECT period_start, period_end, consumption FROM budget_period
           WHERE budget_id = %(budget)s ORDER BY period_start""",
        budget=budget,
    ).fetchall()


def _current(home: Household, budget: object) -> tuple[Any, ...]:
    rows = home.run(
        "SELECT period_start, period_end, cached_consumption FROM budget WHERE id = %(budget)s", budget=budget
    )
    return rows.fetchall()[0]


@pytest.mark.parametrize(("recurrence", "as_of", "periods"), STEPS.values(), ids=STEPS.keys())
def test_steps(home: Household, recurrence: str, as_of: str, periods: list[Period]) -> None:
    """Each period has its own amount on its first day and on its last one."""
    home.run("TRUNCATE transaction")
    budget = _budget(home, *periods[0], recurrence)
    for n, (start, end) in enumerate(periods, start=1):
        _spend(home, start, f"{n}.10")
        _spend(home, end, f"{n}.01")
    rows = [
        (date.fromisoformat(start), date.fromisoformat(end), Decimal(f"{2 * n}.11"))
        for n, (start, end) in enumerate(periods, start=1)
    ]

    home.run("SELECT rollover_budgets(%(as_of)s::date)", as_of=as_of)

    assert _history(home, budget) == rows[:-1]
    assert _current(home, budget) == rows[-1]
    home.exact()


def test_a_second_rollover_changes_nothing(home: Household) -> None:
    home.run("SELECT rollover_budgets('2025-08-15')")
    budgets, periods = "SELECT * FROM budget ORDER BY id", "SELECT * FROM budget_period ORDER BY id"
    before = home.run(budgets).fetchall(), home.run(periods).fetchall()
    home.run("SELECT rollover_budgets('2025-08-15')")
    home.run("SELECT rollover_budgets('2025-06-15')")
    assert (home.run(budgets).fetchall(), home.run(periods).fetchall()) == before
    assert [row[2] for row in _history(home, home.ids["june"])] == [40, 0]
    home.expect(june=0)


def test_several_steps_at_once_and_one_by_one_end_alike(home: Household) -> None:
    at_once, one_by_one = (_budget(home, "2025-01-31", "2025-02-27", "monthly") for _ in range(2))
    home.run("UPDATE budget SET recurrence = NULL WHERE id = %(b)s", b=at_once)
    for month in range(2, 13):
        home.run("SELECT rollover_budgets(make_date(2025, %(month)s, 28))", month=month)
    home.run("UPDATE budget SET recurrence = 'monthly' WHERE id = %(b)s", b=at_once)
    home.run("SELECT rollover_budgets('2025-12-28')")
    assert _history(home, at_once) == _history(home, one_by_one)
    assert _current(home, at_once) == _current(home, one_by_one)
    assert len(_history(home, at_once)) == 10
    home.exact()


def test_a_budget_without_recurrence_stays(home: Household) -> None:
    budget = _budget(home, "2025-05-01", "2025-06-30", None)
    home.run("SELECT rollover_budgets('2030-01-01')")
    assert _history(home, budget) == []
    assert _current(home, budget) == (date(2025, 5, 1), date(2025, 6, 30), 65)
    home.exact()


def test_rows_that_are_already_dated_in_the_new_period_count(home: Household) -> None:
    _spend(home, "2025-07-01", "7")
    _spend(home, "2025-07-31", "0.70")
    _spend(home, "2025-08-01", "100")
    home.run("SELECT rollover_budgets('2025-07-01')")
    assert _current(home, home.ids["june"]) == (date(2025, 7, 1), date(2025, 7, 31), Decimal("7.70"))
    home.run("UPDATE transaction SET amount = amount + 1 WHERE date = '2025-07-31'")
    home.expect(savings="-108.70", june="8.70", year="188.70")


def test_history_is_what_the_rows_say_even_where_the_cache_had_drifted(home: Household) -> None:
    home.corrupt("UPDATE budget SET cached_consumption = 4711")
    home.run("SELECT rollover_budgets('2025-07-01')")
    assert _history(home, home.ids["june"]) == [(date(2025, 6, 1), date(2025, 6, 30), 40)]
    assert home.consumption(home.ids["june"]) == 0


def test_a_late_row_changes_no_closed_period(home: Household) -> None:
    home.run("SELECT rollover_budgets('2025-07-01')")
    _spend(home, "2025-06-30", "3")
    assert _history(home, home.ids["june"]) == [(date(2025, 6, 1), date(2025, 6, 30), 40)]
    late = "SELECT recompute_budget_consumption(%(june)s, '2025-06-01', '2025-06-30')"
    assert home.value(late) == 43
    home.expect(savings=-3, june=0, year=83)


def test_a_period_that_is_closed_again_keeps_one_row(home: Household) -> None:
    home.run("SELECT rollover_budgets('2025-07-01')")
    _spend(home, "2025-06-30", "3")
    home.run("UPDATE budget SET period_start = '2025-06-01', period_end = '2025-06-30' WHERE id = %(june)s")
    home.run("SELECT rollover_budgets('2025-07-01')")
    assert _history(home, home.ids["june"]) == [(date(2025, 6, 1), date(2025, 6, 30), 43)]
    home.expect(savings=-3, june=0, year=83)


def test_rollover_rolled_back(home: Household) -> None:
    with home.conn.transaction(force_rollback=True):
        home.run("SELECT rollover_budgets('2027-03-01')")
        home.exact()
    assert _history(home, home.ids["june"]) == []
    home.expect()

"""What applications call: a balance, the net worth by month and by day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest

from tests.integration.monthly.books import Books

# Opening balances and rows, summed by nothing of the engine's.
DIRECT = """
SELECT coalesce(sum(account.opening_balance), 0) + coalesce((
           SELECT sum(CASE flow_type WHEN 'income' THEN amount ELSE -amount END)
             FROM transaction
            WHERE deleted_at IS NULL AND date <= %(day)s AND status = ANY (%(statuses)s)
              AND account_id IN (SELECT id FROM account WHERE closed_at IS NULL OR NOT %(active)s)), 0)
  FROM account
 WHERE closed_at IS NULL OR NOT %(active)s
"""


def direct(books: Books, day: date | str, *statuses: str, active: bool = False) -> Decimal:
    found: Decimal = books.value(DIRECT, day=day, statuses=list(statuses), active=active)
    return found


def expected(books: Books, day: date, *, active: bool = False) -> tuple[Decimal, Decimal]:
    """The actual and the projected net worth at the end of a day."""
    return direct(books, day, "paid", active=active), direct(books, day, "paid", "unpaid", "forecast", active=active)


@pytest.mark.parametrize(("projected", "column"), [("", "actual_balance"), (", true", "projected_balance")])
def test_a_balance_is_that_of_the_view(books: Books, projected: str, column: str) -> None:
    call = f"get_monthly_balance(account_id, extract(year FROM month)::int, extract(month FROM month)::int{projected})"
    assert books.value("SELECT count(*) FROM monthly_account_balance") == 16 + 14 + 13
    assert books.run(f"SELECT * FROM monthly_account_balance WHERE {call} IS DISTINCT FROM {column}") == []


def test_the_parameters_have_names(books: Books) -> None:
    call = "SELECT get_monthly_balance(account_id => %(everyday)s, year => 2025, month => 8, use_projected => true)"
    assert books.value(call) == 300


@pytest.mark.parametrize(("year", "month"), [(2025, 2), (1066, 10), (2026, 7), (2999, 1)])
def test_a_month_that_is_not_covered_falls_back_to_the_account(books: Books, year: int, month: int) -> None:
    books.run(
        "INSERT INTO transaction (account_id, flow_type, amount, date, status)"
        " VALUES (%(everyday)s, 'income', 9, '2030-01-01', 'forecast')"
    )
    find = "SELECT get_monthly_balance(%(everyday)s, %(year)s, %(month)s{})"
    assert books.value(find.format(""), year=year, month=month) == 400
    assert books.value(find.format(", true"), year=year, month=month) == 309
    assert "Where the view does not cover the month" in books.value(
        "SELECT obj_description('get_monthly_balance'::regproc)"
    )


def test_an_account_that_is_not_there_has_no_balance(books: Books) -> None:
    assert books.value("SELECT get_monthly_balance(%(salary)s, 2025, 6)") is None
    with pytest.raises(psycopg.errors.DatetimeFieldOverflow):
        books.run("SELECT get_monthly_balance(%(everyday)s, 2025, 13)")


@pytest.mark.parametrize("active", [False, True])
def test_the_net_worth_by_month(books: Books, active: bool) -> None:
    books.run("UPDATE account SET closed_at = now() WHERE id = %(savings)s")
    found = books.run("SELECT * FROM net_worth_timeline(2024, 11, 30, %(active)s)", active=active)
    assert len(found) == 30
    for n, (label, month, actual, projected, shows) in enumerate(found):
        first = date(2024 + (10 + n) // 12, (10 + n) % 12 + 1, 1)
        assert (label, month) == (f"{first:%Y-%m}", first)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        assert (actual, projected) == expected(books, last, active=active), label
        assert shows == ("actual" if label <= "2025-06" else "projected")


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (0, 0), (-3, 0), (None, 0)])
def test_how_many_months(books: Books, count: int | None, rows: int) -> None:
    assert len(books.run("SELECT * FROM net_worth_timeline(2025, 12, %(count)s)", count=count)) == rows


def test_without_accounts_there_is_nothing(books: Books) -> None:
    books.run("DELETE FROM account")
    assert books.run("SELECT label, actual, projected FROM net_worth_timeline(2025, 6, 1)") == [("2025-06", 0, 0)]
    assert books.value("SELECT net_worth_at('2025-06-15')") == 0


def test_the_month_that_begins_today_shows_what_is_actual(books: Books) -> None:
    for today, shows in (("2025-05-31", "projected"), ("2025-06-01", "actual"), ("2025-06-30", "actual")):
        books.travel(today)
        assert books.run("SELECT shows FROM net_worth_timeline(2025, 6, 1)") == [(shows,)]


@pytest.mark.parametrize("active", [False, True])
def test_the_net_worth_of_every_day(books: Books, active: bool) -> None:
    books.run("UPDATE account SET closed_at = now() WHERE id = %(savings)s")
    days = [date(2025, 2, 27) + timedelta(days=n) for n in range(200)]
    found = dict(
        books.run(
            "SELECT day, net_worth_at(day, %(active)s) FROM unnest(%(days)s::date[]) AS day", days=days, active=active
        )
    )
    today = date(2025, 6, 15)
    assert found == {day: expected(books, day, active=active)[day > today] for day in days}


@pytest.mark.parametrize(
    ("day", "statuses"),
    [
        ("-infinity", ["paid"]),
        ("0001-01-01", ["paid"]),
        ("2024-02-29", ["paid"]),
        ("9999-12-31", ["paid", "unpaid", "forecast"]),
        ("infinity", ["paid", "unpaid", "forecast"]),
    ],
)
def test_days_far_away(books: Books, day: str, statuses: list[str]) -> None:
    books.run(
        "INSERT INTO transaction (account_id, flow_type, amount, date) SELECT %(everyday)s, 'income', 11, day"
        " FROM unnest(ARRAY['-infinity', '0001-01-01', '2024-02-29', '9999-12-31', 'infinity']::date[]) AS day"
    )
    assert books.value("SELECT net_worth_at(%(day)s::date)", day=day) == direct(books, day, *statuses)


def test_no_day_is_no_day(books: Books) -> None:
    assert books.value("SELECT net_worth_at(NULL)") is None

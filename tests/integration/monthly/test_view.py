"""monthly_account_balance: gapless from an account's first month to 12 months ahead, whatever happens to its rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.integration.monthly.books import Books, amounts


def months(first: str, count: int) -> list[str]:
    year, month = map(int, first.split("-"))
    return [f"{year + (month - 1 + n) // 12:04}-{(month - 1 + n) % 12 + 1:02}" for n in range(count)]


def test_from_the_first_month_to_twelve_ahead(books: Books) -> None:
    found = books.balances("everyday")
    assert list(found) == months("2025-03", 16)
    assert [found[month] for month in months("2025-03", 6)] == amounts(
        (600, 600), (400, 400), (400, 370), (400, 370), (400, 370), (400, 300)
    )
    assert found["2026-06"] == (Decimal(400), Decimal(300))


def test_an_account_without_rows_begins_with_the_current_month(books: Books) -> None:
    found = books.balances("empty", "actual_balance, projected_balance, last_calculated")
    assert list(found) == months("2025-06", 13)
    assert set(found.values()) == {(Decimal(7), Decimal(7), None)}


def test_an_account_whose_rows_are_all_to_come_begins_with_the_current_month(books: Books) -> None:
    books.run("DELETE FROM transaction WHERE account_id = %(everyday)s AND id <> %(plan)s")
    assert next(iter(books.balances("everyday").items())) == ("2025-06", (Decimal(100), Decimal(100)))
    books.exact()


def test_the_months_go_on_as_time_passes_and_nothing_is_written(books: Books) -> None:
    before = books.run("SELECT xmin::text, * FROM account_month ORDER BY account_id, month")
    books.travel("2026-01-01")
    assert list(books.balances("everyday")) == months("2025-03", 23)
    books.exact()
    assert books.run("SELECT xmin::text, * FROM account_month ORDER BY account_id, month") == before


def test_the_current_month_is_that_of_the_declared_time_zone(books: Books) -> None:
    books.run("RESET pgcache.today")
    latest = "SELECT to_char(max(month), 'YYYY-MM') FROM monthly_account_balance"
    shift = "SELECT to_char((now() AT TIME ZONE %(zone)s)::date + interval '12 months', 'YYYY-MM')"
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):  # 26 hours apart
        books.run(
            "INSERT INTO pgcache.setting VALUES ('time_zone', %(zone)s)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            zone=zone,
        )
        with books.conn.transaction():  # in which now() stands still
            assert books.value(latest) == books.value(shift, zone=zone)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE transaction SET status = 'paid' WHERE id = %(bill)s",
        "UPDATE transaction SET status = 'forecast' WHERE id = %(salary)s",
        "UPDATE transaction SET amount = amount + 0.01",
        "UPDATE transaction SET flow_type = 'income'",
        "UPDATE transaction SET date = date + 1",
        "UPDATE transaction SET date = date - 31",
        "UPDATE transaction SET date = date + 400, amount = 1",
        "UPDATE transaction SET account_id = %(empty)s WHERE id IN (%(rent)s, %(interest)s)",
        "UPDATE transaction SET deleted_at = now()",
        "UPDATE transaction SET deleted_at = NULL",
        "UPDATE account SET opening_balance = opening_balance * 2",
        "DELETE FROM transaction WHERE id = %(salary)s",
        "DELETE FROM account WHERE id = %(everyday)s",
        "TRUNCATE transaction",
        "INSERT INTO transaction (account_id, flow_type, amount, date) VALUES (%(empty)s, 'income', 3, '2025-06-30')",
        "INSERT INTO transaction TABLE transaction ON CONFLICT (id) DO UPDATE SET amount = 1, date = '2024-02-29'",
        """
        INSERT INTO transaction (account_id, flow_type, amount, date, status)
        SELECT id, flow, n, date '2023-12-31' + n * 17, status
          FROM account, generate_series(1, 40) AS n, unnest(ARRAY['income', 'outcome']) AS flow,
               unnest(ARRAY['paid', 'unpaid', 'forecast']) AS status
        """,
    ],
)
def test_every_event(books: Books, statement: str) -> None:
    before = books.run("SELECT * FROM monthly_account_balance")
    books.run(statement)
    books.exact()
    assert books.run("SELECT * FROM monthly_account_balance") != before


def test_what_is_rolled_back_is_not_shown(books: Books) -> None:
    before = books.balances("everyday")
    with books.conn.transaction(force_rollback=True):
        books.run("DELETE FROM transaction")
        assert books.balances("everyday") != before
    assert books.balances("everyday") == before


@pytest.mark.parametrize(
    ("day", "month"),
    [
        ("2024-02-29", "2024-02"),
        ("2023-02-28", "2023-02"),
        ("2000-02-29", "2000-02"),
        ("1900-02-28", "1900-02"),
        ("2025-01-31", "2025-01"),
        ("2024-12-31", "2024-12"),
        ("2025-01-01", "2025-01"),
    ],
)
def test_month_ends_and_leap_years(books: Books, day: str, month: str) -> None:
    books.run(
        "INSERT INTO transaction (account_id, flow_type, amount, date) VALUES (%(empty)s, 'income', 3, %(day)s)",
        day=day,
    )
    found = books.balances("empty")
    assert next(iter(found.items())) == (month, (Decimal(10), Decimal(10)))
    assert list(found) == months(month, len(found))
    books.exact()


@pytest.mark.parametrize("today", ["2024-01-31", "2024-02-29", "2025-12-31", "2026-01-01"])
def test_today_at_the_end_of_a_month(books: Books, today: str) -> None:
    books.travel(today)
    assert list(books.balances("empty")) == months(today[:7], 13)
    books.exact()


def test_thousands_of_months(books: Books) -> None:
    books.run(
        "INSERT INTO transaction (account_id, flow_type, amount, date) VALUES (%(empty)s, 'income', 3, '0987-06-05')"
    )
    found = books.balances("empty")
    assert list(found) == months("0987-06", (2026 - 987) * 12 + 1)
    assert found["0987-06"] == found["2026-06"] == (Decimal(10), Decimal(10))
    # A date that was mistyped and corrected leaves no months behind.
    books.run("UPDATE transaction SET date = '2024-06-05' WHERE account_id = %(empty)s")
    assert list(books.balances("empty")) == months("2024-06", 25)


def test_dates_beyond_the_view_count_where_they_lie(books: Books) -> None:
    books.run(
        "INSERT INTO transaction (account_id, flow_type, amount, date) VALUES"
        " (%(empty)s, 'income', 1, 'infinity'), (%(empty)s, 'income', 20, '9999-12-31'),"
        " (%(empty)s, 'income', 300, '-infinity')"
    )
    found = books.balances("empty")
    assert list(found) == months("2025-06", 13)
    assert set(found.values()) == {(Decimal(307), Decimal(307))}
    assert books.value("SELECT get_monthly_balance(%(empty)s, 2025, 6)") == 307
    assert books.value("SELECT get_monthly_balance(%(empty)s, 9999, 12)") == 328
    assert books.run("SELECT actual FROM net_worth_timeline(9999, 11, 2)") == [(1712,), (1732,)]
    assert books.value("SELECT net_worth_at('2025-06-15')") == 1712


def test_last_calculated_is_when_a_month_or_an_earlier_one_was_written(books: Books) -> None:
    before = books.balances("everyday", "last_calculated")
    now: datetime = books.value("SELECT clock_timestamp()")
    assert all(now - timedelta(hours=1) < stamp < now for (stamp,) in before.values())
    books.run("UPDATE transaction SET amount = 31 WHERE id = %(bill)s")
    after = books.balances("everyday", "last_calculated")
    assert [month for month in after if after[month] > before[month]] == months("2025-05", 14)


def test_one_changed_row_is_one_changed_month(books: Books) -> None:
    books.run(
        "INSERT INTO transaction (account_id, flow_type, amount, date)"
        " SELECT %(everyday)s, 'income', 1, date '2025-03-05' + 28 * n FROM generate_series(0, 300) AS n"
    )

    def versions() -> set[tuple[Any, ...]]:
        return set(books.run("SELECT account_id, month, xmin::text, ctid::text FROM account_month"))

    before = versions()
    books.run("UPDATE transaction SET amount = 501 WHERE id = %(salary)s")
    assert {row[1].isoformat() for row in versions() - before} == {"2025-03-01"}
    before = versions()
    books.run("UPDATE transaction SET date = '2025-04-30' WHERE id = %(salary)s")
    assert {row[1].isoformat() for row in versions() - before} == {"2025-03-01", "2025-04-01"}
    before = versions()
    books.run("UPDATE transaction SET date = '2025-04-29', description = 'x' WHERE id = %(salary)s")
    assert versions() == before


def test_who_may_read_it(books: Books) -> None:
    role = f"reader_{books.conn.info.dbname}"
    books.run(f"CREATE ROLE {role}")
    try:
        for query in (
            "SELECT net_worth_at('2025-01-01')",
            "SELECT * FROM net_worth_timeline(2025, 1, 1)",
            "SELECT get_monthly_balance(%(empty)s, 2025, 1)",
            "SELECT rebuild_monthly_balance()",
            "SELECT close_month(2025, 1)",
            "SELECT reopen_month(2025, 1)",
            "SELECT * FROM monthly_account_balance",
        ):
            with books.conn.transaction(force_rollback=True):
                books.run(f"SET LOCAL ROLE {role}")
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    books.run(query)
        books.run(f"GRANT SELECT ON monthly_account_balance TO {role}")
        books.run(f"GRANT EXECUTE ON FUNCTION pgcache.today() TO {role}")
        with books.conn.transaction(force_rollback=True):
            books.run(f"SET LOCAL ROLE {role}")
            assert len(books.balances("empty")) == 13
    finally:
        books.run(f"DROP OWNED BY {role}")
        books.run(f"DROP ROLE {role}")

"""Closed months keep their figures; what is edited later shows beside them, until they are opened again."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest

from pgcache import presets
from pgcache.config import loads
from pgcache.migrate import migrate, uninstall
from tests.integration.monthly.books import Books
from tests.integration.monthly.conftest import declared

COLUMNS = "actual_balance, projected_balance, actual_adjustment, projected_adjustment, closed"


def figures(books: Books, account: str, month: str) -> tuple[list[int], bool]:
    *amounts, closed = books.balances(account, COLUMNS)[month]
    return [int(amount) for amount in amounts], closed


def test_closing_changes_nothing(books: Books) -> None:
    before = books.run("SELECT account_id, month, actual_balance, projected_balance FROM monthly_account_balance")
    assert books.value("SELECT close_month(2025, 4)") == 3
    after = books.run("SELECT account_id, month, actual_balance, projected_balance FROM monthly_account_balance")
    assert sorted(after) == sorted(before)
    books.exact()
    closed = books.run("SELECT DISTINCT year_month FROM monthly_account_balance WHERE closed")
    assert closed == [("2025-04",)]


def test_a_later_edit_shows_beside_the_figures(books: Books) -> None:
    books.run("SELECT close_month(2025, 4)")
    books.run("UPDATE transaction SET amount = 250 WHERE id = %(rent)s")
    assert figures(books, "everyday", "2025-03") == ([600, 600, 0, 0], False)
    assert figures(books, "everyday", "2025-04") == ([400, 400, -50, -50], True)
    assert figures(books, "everyday", "2025-05") == ([350, 320, 0, 0], False)
    assert books.value("SELECT get_monthly_balance(%(everyday)s, 2025, 4)") == 400
    assert books.run("SELECT label, actual FROM net_worth_timeline(2025, 3, 3)") == [
        ("2025-03", 1607),
        ("2025-04", 1407),
        ("2025-05", 1362),
    ]
    # An edit of a month before it changes what had been reached by its end, too.
    books.run("UPDATE transaction SET amount = 600, status = 'unpaid' WHERE id = %(salary)s")
    assert figures(books, "everyday", "2025-04") == ([400, 400, -550, 50], True)


def test_the_net_worth_of_closed_months_is_what_the_view_adds_up_to(books: Books) -> None:
    for month in (4, 6):
        books.run("SELECT close_month(2025, %(month)s)", month=month)
    books.run("UPDATE transaction SET amount = amount * 3, status = 'paid'")
    books.run("UPDATE account SET closed_at = now() WHERE id = %(savings)s")
    seen = (
        "SELECT sum(actual_balance), sum(projected_balance) FROM monthly_account_balance WHERE month = '2025-06-01'{}"
    )
    worth = "SELECT actual, projected FROM net_worth_timeline(2025, 6, 1, %(active)s)"
    assert books.run(worth, active=False) == books.run(seen.format(""))
    assert books.run(worth, active=True) == books.run(seen.format(" AND active"))


def test_closing_again_keeps_the_first_figures(books: Books) -> None:
    books.run("SELECT close_month(2025, 4)")
    books.run("UPDATE transaction SET amount = 250 WHERE id = %(rent)s")
    books.run("INSERT INTO account (id, name, opening_balance) VALUES (%(bill)s, 'New', 50)")
    assert books.value("SELECT close_month(2025, 4)") == 1
    assert figures(books, "everyday", "2025-04")[0][0] == 400


def test_a_month_before_the_account_began(books: Books) -> None:
    books.run("SELECT close_month(2025, 1)")
    books.run("UPDATE transaction SET deleted_at = NULL WHERE id = %(mistake)s")
    assert figures(books, "everyday", "2025-01") == ([100, 100, -999, -999], True)


def test_reopening(books: Books) -> None:
    books.run("SELECT close_month(2025, 4)")
    books.run("UPDATE transaction SET amount = 250 WHERE id = %(rent)s")
    assert books.value("SELECT reopen_month(2025, 4)") == 3
    assert books.value("SELECT reopen_month(2025, 4)") == 0
    assert figures(books, "everyday", "2025-04") == ([350, 350, 0, 0], False)
    books.exact()


def test_kept_figures_outlive_a_rebuilt_table_and_the_cache(books: Books) -> None:
    books.run("SELECT close_month(2025, 4)")
    books.run("UPDATE transaction SET amount = 250 WHERE id = %(rent)s")
    books.run("ALTER TABLE account_month ADD COLUMN mine integer")
    migrate(books.conn, declared("monthly"))
    assert figures(books, "everyday", "2025-04") == ([400, 400, -50, -50], True)
    uninstall(books.conn)
    assert books.value("SELECT to_regclass('monthly_account_balance') IS NULL")
    migrate(books.conn, declared("monthly"))
    assert figures(books, "everyday", "2025-04") == ([400, 400, -50, -50], True)


def test_it_is_off_by_default(conn: psycopg.Connection[object]) -> None:
    declaration = loads(presets.declaration(["monthly"]), "pgcache.toml")
    migrate(conn, declaration, with_tables=True)
    with pytest.raises(psycopg.errors.UndefinedFunction):
        conn.execute("SELECT close_month(2025, 4)")
    conn.execute("INSERT INTO account (name, opening_balance) VALUES ('Everyday', 5)")
    cursor = conn.execute("SELECT * FROM monthly_account_balance LIMIT 1")
    assert [column.name for column in cursor.description or ()] == [
        "account_id",
        "year_month",
        "month",
        "actual_balance",
        "projected_balance",
        "last_calculated",
        "active",
    ]
    found = conn.execute("SELECT actual, projected FROM net_worth_timeline(2025, 1, 1)").fetchall()
    assert found == [(Decimal(5), Decimal(5))]
    migrate(conn, declared("monthly"))
    conn.execute("SELECT close_month(2025, 4)")
    migrate(conn, declaration)
    assert conn.execute("SELECT to_regproc('close_month') IS NULL").fetchall() == [(True,)]

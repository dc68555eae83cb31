"""Rebuilding: all months, those of one account, or those of one account from a month on."""

from __future__ import annotations

import pytest

from tests.integration.monthly.books import Books


@pytest.fixture
def spoilt(books: Books) -> Books:
    """Books whose months are all wrong, two of them gone and one too many."""
    books.run("UPDATE account_month SET actual_change = actual_change + 1, entries = 0")
    books.run("DELETE FROM account_month WHERE month IN ('2025-03-01', '2025-08-01')")
    books.run("INSERT INTO account_month VALUES (%(empty)s, '2024-01-01', 5, 5, 5)")
    return books


def off(books: Books) -> list[tuple[str, str]]:
    query = "SELECT DISTINCT key ->> 'account_id', key ->> 'month' FROM pgcache.compare('account_month') ORDER BY 1, 2"
    names = {str(id_): name for name, id_ in books.ids.items()}
    return [(names[account], month[:7]) for account, month in books.run(query)]


ALL = [
    ("everyday", "2025-03"),
    ("everyday", "2025-04"),
    ("everyday", "2025-05"),
    ("everyday", "2025-08"),
    ("savings", "2025-05"),
    ("empty", "2024-01"),
]


@pytest.mark.parametrize(
    ("arguments", "rebuilt"),
    [
        ("", ALL),
        ("%(everyday)s", ALL[:4]),
        ("%(empty)s", ALL[5:]),
        ("%(everyday)s, '2025-05-31'", ALL[2:4]),
        ("account_id => %(everyday)s, from_month => '2025-08-01'", ALL[3:4]),
        ("from_month => '2025-05-01'", ALL[2:5]),
        ("%(salary)s", []),
    ],
)
def test_what_is_rebuilt(spoilt: Books, arguments: str, rebuilt: list[tuple[str, str]]) -> None:
    assert off(spoilt) == ALL
    assert spoilt.value(f"SELECT rebuild_monthly_balance({arguments})") == len(rebuilt)
    assert off(spoilt) == [key for key in ALL if key not in rebuilt]
    assert spoilt.value(f"SELECT rebuild_monthly_balance({arguments})") == 0
    corrected = spoilt.value("SELECT count(DISTINCT key) FROM pgcache.drift WHERE status = 'corrected'")
    assert corrected == len(rebuilt)


def test_all_of_it_is_exact_again(spoilt: Books) -> None:
    spoilt.run("SELECT rebuild_monthly_balance()")
    spoilt.exact()


def test_reconcile_and_recompute_do_it_too(spoilt: Books) -> None:
    spoilt.run(
        "SELECT pgcache.recompute('account_month', %(account)s, '2025-04-01')", account=str(spoilt.ids["everyday"])
    )
    assert off(spoilt) == [key for key in ALL if key != ("everyday", "2025-04")]
    spoilt.run("SELECT pgcache.reconcile('account_month')")
    spoilt.exact()

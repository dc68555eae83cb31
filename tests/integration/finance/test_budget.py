"""What a budget tracks and when: budget_category rows, the period, and budgets themselves."""

from __future__ import annotations

import pytest

from tests.integration.finance.household import Household

TRACKED: dict[str, tuple[str, dict[str, int | str]]] = {
    "a category is added": (
        "INSERT INTO budget_category (budget_id, category_id) VALUES (%(june)s, %(fun)s)",
        {"june": 55},
    ),
    "a category without transactions is added": (
        "INSERT INTO budget_category (budget_id, category_id) VALUES (%(june)s, %(rest)s)",
        {},
    ),
    "several are added to several budgets": (
        """INSERT INTO budget_category (budget_id, category_id)
           SELECT budget.id, category.id FROM budget CROSS JOIN category ON CONFLICT DO NOTHING""",
        {"june": 55},
    ),
    "one that is tracked is added again": (
        """INSERT INTO budget_category (budget_id, category_id)
           VALUES (%(june)s, %(food)s) ON CONFLICT DO NOTHING""",
        {},
    ),
    "none is added": (
        "INSERT INTO budget_category (budget_id, category_id) SELECT id, id FROM budget WHERE false",
        {},
    ),
    "a category is removed": (
        "DELETE FROM budget_category WHERE budget_id = %(year)s AND category_id = %(food)s",
        {"year": 15},
    ),
    "a category is removed from all budgets": (
        "DELETE FROM budget_category WHERE category_id = %(food)s",
        {"june": 0, "year": 15},
    ),
    "all are removed": ("DELETE FROM budget_category", {"june": 0, "year": 0}),
    "another category in place of one": (
        "UPDATE budget_category SET category_id = %(fun)s WHERE budget_id = %(june)s",
        {"june": 15},
    ),
    "another budget in place of one": (
        """UPDATE budget_category SET budget_id = %(june)s
           WHERE budget_id = %(year)s AND category_id = %(fun)s""",
        {"june": 55, "year": 65},
    ),
    "a row set to itself": ("UPDATE budget_category SET category_id = category_id", {}),
}

PERIODS: dict[str, tuple[str, dict[str, int | str]]] = {
    "a day more at the start": (
        "UPDATE budget SET period_start = '2025-05-31' WHERE id = %(june)s",
        {"june": 65},
    ),
    "the last day is the day of a transaction": (
        "UPDATE budget SET period_end = '2025-06-10' WHERE id = %(june)s",
        {},
    ),
    "the last day is the day before": (
        "UPDATE budget SET period_end = '2025-06-09' WHERE id = %(june)s",
        {"june": 0},
    ),
    "the first day is the day of a transaction": (
        "UPDATE budget SET period_start = '2025-06-10' WHERE id = %(june)s",
        {},
    ),
    "the first day is the day after": (
        "UPDATE budget SET period_start = '2025-06-11' WHERE id = %(june)s",
        {"june": 0},
    ),
    "one day": (
        "UPDATE budget SET period_start = '2025-06-10', period_end = '2025-06-10' WHERE id = %(june)s",
        {},
    ),
    "moved to another month": (
        "UPDATE budget SET period_start = '2025-05-01', period_end = '2025-05-31' WHERE id = %(june)s",
        {"june": 25},
    ),
    "without bounds": (
        "UPDATE budget SET period_start = '-infinity', period_end = 'infinity'",
        {"june": 65},
    ),
    "all budgets at once": (
        "UPDATE budget SET period_start = '2025-06-11', period_end = '2025-06-30'",
        {"june": 0, "year": 15},
    ),
    "set to itself": ("UPDATE budget SET period_start = period_start, period_end = period_end", {}),
    "other columns": ("UPDATE budget SET name = 'x', amount = 1, recurrence = NULL", {}),
}


@pytest.mark.parametrize(("statement", "changed"), TRACKED.values(), ids=TRACKED.keys())
def test_tracked_categories(home: Household, statement: str, changed: dict[str, int | str]) -> None:
    home.run(statement)
    home.expect(**changed)


@pytest.mark.parametrize(("statement", "changed"), PERIODS.values(), ids=PERIODS.keys())
def test_period(home: Household, statement: str, changed: dict[str, int | str]) -> None:
    home.run(statement)
    home.expect(**changed)


def test_a_budget_comes_and_goes(home: Household) -> None:
    budget = home.value(
        """INSERT INTO budget (name, amount, period_start, period_end)
           VALUES ('Early June', 50, '2025-06-01', '2025-06-11') RETURNING id"""
    )
    assert home.consumption(budget) == 0
    home.run("INSERT INTO budget_category VALUES (%(budget)s, %(food)s), (%(budget)s, %(fun)s)", budget=budget)
    assert home.consumption(budget) == 40
    home.run("UPDATE transaction SET date = '2025-06-11' WHERE id = %(cinema)s")
    assert home.consumption(budget) == 55
    home.run("DELETE FROM budget WHERE id = %(budget)s", budget=budget)
    home.expect()


def test_period_and_tracked_category_change_in_one_transaction(home: Household) -> None:
    with home.conn.transaction():
        home.run("INSERT INTO budget_category VALUES (%(june)s, %(fun)s)")
        home.run("UPDATE budget SET period_start = '2025-05-01' WHERE id = %(june)s")
        home.run("UPDATE transaction SET amount = amount + 1")
        home.run("DELETE FROM budget_category WHERE budget_id = %(june)s AND category_id = %(food)s")
    home.expect(everyday=1024, june=16, year=83)


def test_the_key_of_a_budget_changes_with_its_mapping_in_one_statement(home: Household) -> None:
    new = home.value(
        """WITH mapping AS (
               UPDATE budget_category SET budget_id = '00000000-0000-0000-0000-0000000000ff'
               WHERE budget_id = %(year)s
           )
           UPDATE budget SET id = '00000000-0000-0000-0000-0000000000ff' WHERE id = %(year)s RETURNING id"""
    )
    assert home.consumption(new) == 80
    home.expect(year=None)


def test_the_key_of_a_budget_changes_and_cascades(home: Household) -> None:
    home.run(
        """ALTER TABLE budget_category DROP CONSTRAINT budget_category_budget_id_fkey,
               ADD FOREIGN KEY (budget_id) REFERENCES budget (id) ON UPDATE CASCADE"""
    )
    new = home.value("UPDATE budget SET id = gen_random_uuid() WHERE id = %(year)s RETURNING id")
    assert home.consumption(new) == 80
    home.expect(year=None)
    home.run(
        "INSERT INTO transaction (account_id, category_id, flow_type, amount, date)"
        " VALUES (%(savings)s, %(fun)s, 'outcome', 1, '2025-02-02')"
    )
    assert home.consumption(new) == 81
    home.expect(savings=-1, year=None)


def test_the_key_of_a_budget_that_tracks_nothing_changes(home: Household) -> None:
    home.run("DELETE FROM budget_category WHERE budget_id = %(june)s")
    new = home.value("UPDATE budget SET id = gen_random_uuid() WHERE id = %(june)s RETURNING id")
    home.run("INSERT INTO budget_category VALUES (%(budget)s, %(food)s)", budget=new)
    assert home.consumption(new) == 40
    home.expect(june=None)


def test_the_key_of_a_category_changes_and_cascades(home: Household) -> None:
    home.run(
        """ALTER TABLE budget_category DROP CONSTRAINT budget_category_category_id_fkey,
               ADD FOREIGN KEY (category_id) REFERENCES category (id) ON UPDATE CASCADE"""
    )
    home.run(
        """ALTER TABLE transaction DROP CONSTRAINT transaction_category_id_fkey,
               ADD FOREIGN KEY (category_id) REFERENCES category (id) ON UPDATE CASCADE"""
    )
    home.run("UPDATE category SET id = gen_random_uuid()")
    home.expect()

"""Transactions that are updated, soft-deleted and undeleted."""

from __future__ import annotations

import psycopg
import pytest

from tests.integration.finance.household import Household

UPDATES: dict[str, tuple[str, dict[str, int | str]]] = {
    "amount": (
        "UPDATE transaction SET amount = 50.50 WHERE id = %(groceries)s",
        {"everyday": "1014.50", "june": "50.50", "year": "90.50"},
    ),
    "amount of a row that does not count": (
        "UPDATE transaction SET amount = 50.50 WHERE id = %(mistake)s",
        {},
    ),
    "flow type, to income": (
        "UPDATE transaction SET flow_type = 'income' WHERE id = %(groceries)s",
        {"everyday": 1105, "june": 0, "year": 40},
    ),
    "flow type, to outcome": (
        "UPDATE transaction SET flow_type = 'outcome' WHERE id = %(refund)s",
        {"everyday": 1015, "june": 45, "year": 85},
    ),
    "category, to one that fewer budgets track": (
        "UPDATE transaction SET category_id = %(fun)s WHERE id = %(groceries)s",
        {"june": 0},
    ),
    "category, to one that more budgets track": (
        "UPDATE transaction SET category_id = %(food)s WHERE id = %(cinema)s",
        {"june": 55},
    ),
    "category, to one that no budget tracks": (
        "UPDATE transaction SET category_id = %(rest)s WHERE id = %(groceries)s",
        {"june": 0, "year": 40},
    ),
    "category, to none": (
        "UPDATE transaction SET category_id = NULL WHERE id = %(groceries)s",
        {"june": 0, "year": 40},
    ),
    "category, from none": (
        "UPDATE transaction SET category_id = %(food)s, flow_type = 'outcome' WHERE id = %(salary)s",
        {"everyday": -975, "june": 1040, "year": 1080},
    ),
    "date, out of the period": (
        "UPDATE transaction SET date = '2025-07-01' WHERE id = %(groceries)s",
        {"june": 0},
    ),
    "date, into the period": (
        "UPDATE transaction SET date = '2025-06-30' WHERE id = %(picnic)s",
        {"june": 65},
    ),
    "date, within the period": (
        "UPDATE transaction SET date = '2025-06-30' WHERE id = %(groceries)s",
        {},
    ),
    "account": (
        "UPDATE transaction SET account_id = %(savings)s WHERE id = %(groceries)s",
        {"everyday": 1065, "savings": -40},
    ),
    "everything at once": (
        """UPDATE transaction
           SET account_id = %(savings)s, category_id = %(food)s, flow_type = 'outcome', amount = 3,
               date = '2025-06-29', deleted_at = NULL, description = 'all new', status = 'unpaid'
           WHERE id IN (%(salary)s, %(groceries)s, %(mistake)s)""",
        {"everyday": 65, "savings": -9, "june": 9, "year": 49},
    ),
    "the identity of a row": (
        "UPDATE transaction SET id = gen_random_uuid(), amount = amount + 1 WHERE flow_type = 'income'",
        {"everyday": 1027},
    ),
    "every row, each by its own amount": (
        "UPDATE transaction SET amount = amount * 2",
        {"everyday": 1950, "june": 80, "year": 160},
    ),
    "no row": ("UPDATE transaction SET amount = 1 WHERE false", {}),
    "soft-delete": (
        "UPDATE transaction SET deleted_at = now() WHERE id = %(groceries)s",
        {"everyday": 1065, "june": 0, "year": 40},
    ),
    "soft-delete of many": (
        "UPDATE transaction SET deleted_at = now() WHERE deleted_at IS NULL",
        {"everyday": 100, "june": 0, "year": 0},
    ),
    "soft-delete of what is soft-deleted": (
        "UPDATE transaction SET deleted_at = now() WHERE id = %(mistake)s",
        {},
    ),
    "undelete": (
        "UPDATE transaction SET deleted_at = NULL WHERE id = %(mistake)s",
        {"everyday": 965, "june": 100, "year": 140},
    ),
    "soft-delete and undelete in one statement": (
        "UPDATE transaction SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END",
        {"everyday": 40, "june": 60, "year": 60},
    ),
    "all categories become one": (
        "UPDATE transaction SET category_id = %(food)s",
        {"june": 55},
    ),
    "two categories swap": (
        """UPDATE transaction SET category_id = CASE category_id WHEN %(food)s THEN %(fun)s ELSE %(food)s END
           WHERE category_id IN (%(food)s, %(fun)s)""",
        {"june": 15},
    ),
    "all rows move to one account": (
        "UPDATE transaction SET account_id = %(savings)s",
        {"everyday": 100, "savings": 925},
    ),
}

INCONSEQUENTIAL: dict[str, str] = {
    "a column that no cache reads": "UPDATE transaction SET description = 'x', status = 'unpaid'",
    "every column set to itself": """UPDATE transaction
        SET amount = amount, date = date, account_id = account_id, category_id = category_id,
            flow_type = flow_type, deleted_at = deleted_at""",
    "a row that does not count": "UPDATE transaction SET amount = 1 WHERE id = %(mistake)s",
}


@pytest.mark.parametrize(("statement", "changed"), UPDATES.values(), ids=UPDATES.keys())
def test_update(home: Household, statement: str, changed: dict[str, int | str]) -> None:
    home.run(statement)
    home.expect(**changed)


@pytest.mark.parametrize("statement", INCONSEQUENTIAL.values(), ids=INCONSEQUENTIAL.keys())
def test_an_update_of_no_consequence_writes_no_target_row(home: Household, statement: str) -> None:
    versions: str = """
        SELECT array_agg(version ORDER BY id) FROM (
            SELECT id, (ctid, xmin)::text AS version FROM account
            UNION ALL SELECT id, (ctid, xmin)::text FROM budget
        ) AS target"""
    before = home.value(versions)
    home.run(statement)
    assert home.value(versions) == before
    home.expect()


def test_soft_delete_then_undelete_comes_back_to_the_start(home: Household) -> None:
    home.run("UPDATE transaction SET deleted_at = now() WHERE id IN (%(groceries)s, %(cinema)s)")
    home.run("UPDATE transaction SET amount = 41, date = '2025-06-11' WHERE id = %(groceries)s")
    home.expect(everyday=1080, june=0, year=25)
    home.run("UPDATE transaction SET amount = 40 WHERE id = %(groceries)s")
    home.run("UPDATE transaction SET deleted_at = NULL WHERE id IN (%(groceries)s, %(cinema)s)")
    home.expect()


def test_many_updates_in_one_transaction(home: Household) -> None:
    with home.conn.transaction():
        home.run("UPDATE transaction SET amount = amount + 1")
        home.run("UPDATE transaction SET account_id = %(savings)s WHERE id = %(salary)s")
        home.expect(everyday=23, savings=1001, june=41, year=83)
        home.run("UPDATE transaction SET amount = amount - 1")
        home.run("UPDATE transaction SET account_id = %(everyday)s WHERE id = %(salary)s")
    home.expect()


def test_a_refused_update_leaves_no_trace(home: Household) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        home.run("UPDATE transaction SET account_id = gen_random_uuid()")
    with pytest.raises(psycopg.errors.CheckViolation):
        home.run("UPDATE transaction SET amount = amount - 20")
    home.expect()

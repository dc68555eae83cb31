"""Writers beside writers: they take turns on a row, count all, and never wait for each other in a circle.

A third session, the gate, holds one row so that the writers queue up in a known order.
"""

from __future__ import annotations

import pytest

from tests.concurrency.stage import SPEND, Stage

JUNE_2 = "2025-06-02"
SPEND_TWICE = """INSERT INTO transaction (account_id, category_id, flow_type, amount, date) VALUES
    (%(account_1)s, %(category_1)s, 'outcome', 1, '2025-06-02'),
    (%(account_2)s, %(category_2)s, 'outcome', 1, '2025-06-02')"""


def test_two_writers_of_one_account_take_turns_and_both_count(stage: Stage) -> None:
    first, second = stage.sessions(2)
    spending = {"account": stage.ids["everyday"], "category": stage.ids["rest"], "date": JUNE_2}
    first.begin()
    first.run(SPEND, amount=1, **spending)
    second.start(SPEND, amount=2, **spending)
    second.waits_for(first)
    first.commit()
    second.finish()
    stage.home.expect(everyday=1022)


def test_two_writers_of_one_budget_take_turns_and_both_count(stage: Stage) -> None:
    first, second = stage.sessions(2)
    first.begin()
    first.run(SPEND, account=stage.ids["everyday"], category=stage.ids["food"], amount=1, date=JUNE_2)
    second.start(SPEND, account=stage.ids["savings"], category=stage.ids["food"], amount=2, date=JUNE_2)
    second.waits_for(first)
    first.commit()
    second.finish()
    stage.home.expect(everyday=1024, savings=-2, june=43, year=83)


def test_a_writer_that_rolls_back_does_not_count(stage: Stage) -> None:
    first, second = stage.sessions(2)
    spending = {"account": stage.ids["everyday"], "category": stage.ids["food"], "date": JUNE_2}
    first.begin()
    first.run(SPEND, amount=1, **spending)
    second.start(SPEND, amount=2, **spending)
    second.waits_for(first)
    first.rollback()
    second.finish()
    stage.home.expect(everyday=1023, june=42, year=82)


def test_accounts_in_opposite_order_in_two_statements(stage: Stage) -> None:
    """Both writers lock the lower account first, whatever the order of their rows."""
    gate, first, second = stage.sessions(3)
    lower, higher = stage.ids["everyday"], stage.ids["savings"]
    rest = stage.ids["rest"]
    gate.begin()
    gate.run("SELECT FROM account WHERE id = %(account)s FOR NO KEY UPDATE", account=higher)
    first.start(SPEND_TWICE, account_1=higher, account_2=lower, category_1=rest, category_2=rest)
    first.waits_for(gate)
    second.start(SPEND_TWICE, account_1=lower, account_2=higher, category_1=rest, category_2=rest)
    second.waits_for(first)
    gate.commit()
    first.finish()
    second.finish()
    stage.home.expect(everyday=1023, savings=-2)


def test_budgets_in_opposite_order_in_two_statements(stage: Stage) -> None:
    """Both writers lock the lower budget first: food counts in both, fun in the higher one alone."""
    gate, first, second = stage.sessions(3)
    everyday, savings = stage.ids["everyday"], stage.ids["savings"]
    food, fun = stage.ids["food"], stage.ids["fun"]
    gate.begin()
    gate.run("SELECT FROM budget WHERE id = %(year)s FOR NO KEY UPDATE")
    first.start(SPEND_TWICE, account_1=everyday, account_2=everyday, category_1=fun, category_2=food)
    first.waits_for(gate)
    second.start(SPEND_TWICE, account_1=savings, account_2=savings, category_1=food, category_2=fun)
    second.waits_for(first)
    gate.commit()
    first.finish()
    second.finish()
    stage.home.expect(everyday=1023, savings=-2, june=42, year=84)


EVENTS = {
    "INSERT": """INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
        SELECT account_id, category_id, flow_type, 1, date FROM transaction WHERE id = %(row)s""",
    "UPDATE": "UPDATE transaction SET amount = amount + 1 WHERE id = %(row)s",
    "DELETE": "DELETE FROM transaction WHERE id = %(row)s",
}


@pytest.mark.parametrize("first_event", EVENTS)
@pytest.mark.parametrize("second_event", EVENTS)
def test_two_caches_of_one_source_come_in_the_same_order(stage: Stage, first_event: str, second_event: str) -> None:
    """The account before the budgets, whatever the event: else each would hold what the other one wants."""
    gate, first, second = stage.sessions(3)
    gate.begin()
    gate.run("SELECT FROM budget WHERE id = %(year)s FOR NO KEY UPDATE")
    first.start(EVENTS[first_event], row=stage.ids["groceries"])
    first.waits_for(gate)
    second.start(EVENTS[second_event], row=stage.ids["picnic"])
    second.waits_for(first)
    gate.commit()
    first.finish()
    second.finish()
    stage.home.exact()


def test_categories_in_opposite_order_in_two_statements_on_the_mapping(stage: Stage) -> None:
    """Both take the slots in ascending order: the gate holds the higher one, shared, by writing to its category."""
    gate, first, second = stage.sessions(3)

    def slot(category: str) -> int:
        gate.begin()
        gate.run(SPEND, account=stage.ids["everyday"], category=stage.ids[category], amount=1, date=JUNE_2)
        ((found,),) = gate.run(
            "SELECT objid::int FROM pg_locks WHERE locktype = 'advisory' AND pid = %(pid)s", pid=gate.pid
        )
        gate.rollback()
        return int(found)

    lower, higher = sorted(("fun", "rest"), key=slot)
    assert slot(lower) != slot(higher)
    stage.home.run("DELETE FROM budget_category WHERE category_id = %(fun)s")
    map_two = "INSERT INTO budget_category (budget_id, category_id) VALUES (%(budget)s, %(a)s), (%(budget)s, %(b)s)"
    gate.begin()
    gate.run(SPEND, account=stage.ids["everyday"], category=stage.ids[higher], amount=1, date=JUNE_2)
    first.start(map_two, budget=stage.ids["june"], a=stage.ids[higher], b=stage.ids[lower])
    first.waits_for(gate)
    second.start(map_two, budget=stage.ids["year"], a=stage.ids[lower], b=stage.ids[higher])
    second.waits_for(first)
    gate.commit()
    first.finish()
    second.finish()
    stage.home.expect(everyday=1024, june=56, year=81)


def test_foreign_keys_of_two_writers_share_the_account_that_both_update(stage: Stage) -> None:
    """Both hold FOR KEY SHARE on it by their foreign key before either updates it."""
    gate, first, second = stage.sessions(3)
    spending = {"account": stage.ids["everyday"], "category": stage.ids["rest"], "amount": 1, "date": JUNE_2}
    gate.begin()
    gate.run("SELECT FROM account WHERE id = %(everyday)s FOR NO KEY UPDATE")
    first.start(SPEND, **spending)
    first.waits_for(gate)
    second.start(SPEND, **spending)
    second.waits_for(gate)
    gate.commit()
    first.finish()
    second.finish()
    stage.home.expect(everyday=1023)


@pytest.mark.parametrize("opposite", ["INSERT", "DELETE"])
def test_foreign_keys_of_two_mappers_share_the_budget_that_both_update(stage: Stage, opposite: str) -> None:
    gate, first, second = stage.sessions(3)
    gate.begin()
    gate.run("SELECT FROM budget WHERE id = %(june)s FOR NO KEY UPDATE")
    first.start("INSERT INTO budget_category (budget_id, category_id) VALUES (%(june)s, %(fun)s)")
    first.waits_for(gate)
    if opposite == "INSERT":
        second.start("INSERT INTO budget_category (budget_id, category_id) VALUES (%(june)s, %(rest)s)")
    else:
        second.start("DELETE FROM budget_category WHERE budget_id = %(june)s AND category_id = %(food)s")
    second.waits_for(gate)
    gate.commit()
    first.finish()
    second.finish()
    stage.home.expect(june=55 if opposite == "INSERT" else 15)

"""The first contributions to a key of a created target, in mode immediate: whoever comes second waits, and all count.

Its row is not there yet, so there is nothing to lock but what the first one is inserting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from pgcache import migrate, presets
from pgcache.config import loads
from tests.concurrency.stage import FROZEN_LEVELS, LEVELS, SPEND, Session, Stage
from tests.conftest import Clone
from tests.integration.finance.household import Household
from tests.oracle.compare import assert_exact

BUDGET_TOTAL = """
[[cache]]
name = "budget_total"
target = { table = "budget_total", create = true }
key = ["budget_id"]
  [[cache.source]]
  table = "transaction"
  through = { table = "budget_category", on = { category_id = "category_id" }, key = ["budget_id"] }
  values = { total = "amount" }
"""
TOTALS = "SELECT budget_id, total FROM budget_total WHERE total <> 0"
HISTORY = "SELECT budget_id, sum(amount) FROM transaction JOIN budget_category USING (category_id) GROUP BY budget_id"

JUNE_2 = "2025-06-02"
SPEND_TWICE = """INSERT INTO transaction (account_id, category_id, flow_type, amount, date) VALUES
    (%(account)s, %(category)s, 'outcome', %(amount)s, %(date)s),
    (%(other)s, %(category)s, 'outcome', %(amount)s, %(date)s)"""


@dataclass(frozen=True)
class Meeting:
    """Where two writers meet, each with its accounts: in a month of one account, or on budgets behind a category."""

    statement: str
    accounts: tuple[tuple[str, str], tuple[str, str]]
    category: str

    def of(self, stage: Stage, number: int) -> dict[str, object]:
        account, other = (stage.ids[name] for name in self.accounts[number])
        category = stage.ids[self.category]
        return {"account": account, "other": other, "category": category, "amount": 1 + number, "date": JUNE_2}


ALIKE = (("everyday", "everyday"), ("everyday", "everyday"))
CROSSED = (("everyday", "savings"), ("savings", "everyday"))
APART = (("everyday", "everyday"), ("savings", "savings"))
MEETINGS = {
    "a month": Meeting(SPEND, ALIKE, "rest"),
    "months of two rows": Meeting(SPEND_TWICE, CROSSED, "rest"),
    "budgets": Meeting(SPEND, APART, "food"),
    "budgets of two rows": Meeting(SPEND_TWICE, APART, "food"),
}
meetings = pytest.mark.parametrize("meeting", MEETINGS.values(), ids=MEETINGS.keys())


def _install(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        declaration = loads(presets.declaration(["monthly"]) + BUDGET_TOTAL, "pgcache.toml")
        migrate.migrate(conn, declaration, with_tables=True)
        Household(conn)
        conn.execute("DELETE FROM transaction")
        conn.execute("DELETE FROM account_month")
        conn.execute("DELETE FROM budget_total")


@pytest.fixture
def stage(clone: Clone) -> Iterator[Stage]:
    """The tables of the household, without rows that count; two caches whose rows have yet to come."""
    dsn = clone("created targets, empty", _install)
    with psycopg.connect(dsn, autocommit=True) as watcher:
        stage = Stage(dsn, Household(watcher, there=True))
        try:
            yield stage
        finally:
            stage.close()


def exact(stage: Stage, entries: int) -> None:
    """As many entries count as there are, in both caches."""
    assert stage.home.value("SELECT count(*) FROM transaction") == entries
    assert_exact(stage.home.conn, "account_month")
    assert set(stage.home.run(TOTALS)) == set(stage.home.run(HISTORY))
    assert stage.home.value("SELECT count(*) FROM pgcache.dirty") == 0


def rows_of(statement: str) -> int:
    return 2 if statement == SPEND_TWICE else 1


@meetings
@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
@pytest.mark.parametrize("level", LEVELS)
def test_the_second_one_waits_for_the_first(stage: Stage, level: str, end: str, meeting: Meeting) -> None:
    first, second = stage.sessions(2)
    first.begin(level)
    second.begin(level)
    first.run(meeting.statement, **meeting.of(stage, 0))
    second.start(meeting.statement, **meeting.of(stage, 1))
    second.waits_for(first)
    first.run(end)
    if end == "COMMIT" and level in FROZEN_LEVELS:
        # It can neither insert the row nor see it.
        with pytest.raises(psycopg.errors.SerializationFailure):
            second.finish()
        second.rollback()
        second.begin(level)
        second.run(meeting.statement, **meeting.of(stage, 1))
    else:
        second.finish()
    second.commit()
    exact(stage, rows_of(meeting.statement) * (2 if end == "COMMIT" else 1))


@meetings
@pytest.mark.parametrize("level", FROZEN_LEVELS)
def test_a_row_that_is_newer_than_the_snapshot_is_an_error(stage: Stage, level: str, meeting: Meeting) -> None:
    first, second = stage.sessions(2)
    second.begin(level)
    first.run(meeting.statement, **meeting.of(stage, 0))
    with pytest.raises(psycopg.errors.SerializationFailure):
        second.run(meeting.statement, **meeting.of(stage, 1))
    second.rollback()
    exact(stage, rows_of(meeting.statement))


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
@pytest.mark.parametrize("category", ["rest", "food"])
def test_rows_in_opposite_order_come_in_the_order_of_their_keys(stage: Stage, category: str, end: str) -> None:
    """The gate is about to make the row of the higher account: the first writer has made the lower one by then."""
    gate, first, second = stage.sessions(3)
    lower, higher = stage.ids["everyday"], stage.ids["savings"]
    spending = {"category": stage.ids[category], "amount": 1, "date": JUNE_2}
    gate.begin()
    gate.run(SPEND, account=higher, **{**spending, "category": stage.ids["rest"]})
    first.start(SPEND_TWICE, account=higher, other=lower, **spending)
    first.waits_for(gate)
    second.start(SPEND_TWICE, account=lower, other=higher, **spending)
    second.waits_for(first)
    gate.run(end)
    first.finish()
    second.finish()
    exact(stage, 5 if end == "COMMIT" else 4)


RECOMPUTE = "SELECT pgcache.recompute('account_month', %(everyday)s::text, '2025-06-01')"


def spend(session: Session) -> None:
    ids = session.home.ids
    session.run(SPEND, account=ids["everyday"], category=ids["rest"], amount=1, date=JUNE_2)


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_a_recompute_of_a_key_without_a_row_waits_for_its_first_writer(stage: Stage, end: str) -> None:
    writer, repairer = stage.sessions(2)
    writer.begin()
    spend(writer)
    repairer.start(RECOMPUTE)
    repairer.waits_for(writer)
    writer.run(end)
    repairer.finish()
    exact(stage, 1 if end == "COMMIT" else 0)
    assert stage.home.value("SELECT count(*) FROM pgcache.drift") == 0


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_the_first_writer_waits_for_a_recompute_that_makes_the_row(stage: Stage, end: str) -> None:
    writer, repairer = stage.sessions(2)
    repairer.begin()
    repairer.run(RECOMPUTE)
    writer.start(SPEND, account=stage.ids["everyday"], category=stage.ids["rest"], amount=1, date=JUNE_2)
    writer.waits_for(repairer)
    repairer.run(end)
    writer.finish()
    exact(stage, 1)


BEGIN = "SELECT pgcache.reconcile_begin(1000, 'account_month', 'reconcile')"
STEP = "SELECT pgcache.reconcile_step(1000, 'account_month', 1000)"


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
@pytest.mark.parametrize("first", ["writer", "step"])
def test_a_step_that_brings_a_lost_row_back_and_a_writer_take_turns(stage: Stage, first: str, end: str) -> None:
    """The drift is what the lost row had; the writer adds to it, whoever makes the row again."""
    writer, reconciler = stage.sessions(2)
    spend(writer)
    stage.home.corrupt("DELETE FROM account_month")
    reconciler.run(BEGIN)
    if first == "writer":
        writer.begin()
        spend(writer)
        reconciler.start(STEP)
        reconciler.waits_for(writer)
        writer.run(end)
        reconciler.finish()
    else:
        reconciler.begin()
        reconciler.run(STEP)
        writer.start(SPEND, account=stage.ids["everyday"], category=stage.ids["rest"], amount=1, date=JUNE_2)
        writer.waits_for(reconciler)
        reconciler.run(end)
        writer.finish()
        if end == "ROLLBACK":
            reconciler.run(STEP)
    exact(stage, 1 if (first, end) == ("writer", "ROLLBACK") else 2)

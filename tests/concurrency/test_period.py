"""Writers beside whoever moves a budget's period: its row keeps them in order, also those outside of its period."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import psycopg
import pytest

from tests.concurrency.stage import ENDINGS, FROZEN_LEVELS, LEVELS, SPEND, Stage, one_or_two

INSIDE, AFTER, LATER = "2025-06-15", "2025-07-15", "2025-08-15"
MOVE = "UPDATE budget SET period_start = '2025-07-01', period_end = '2025-07-31' WHERE id = %(june)s"
WIDEN = "UPDATE budget SET period_end = '2025-07-31' WHERE id = %(june)s"
ROLL_OVER = "SELECT * FROM rollover_budgets('2025-07-01')"
ROLL_OVER_TWICE = "SELECT * FROM rollover_budgets('2025-08-01')"

# How the period of june changes, the day on which 1 is spent on food, and what june has then.
CHANGES: dict[str, tuple[str, str, int]] = {
    "moved away": (MOVE, INSIDE, 0),
    "moved over it": (MOVE, AFTER, 1),
    "widened": (WIDEN, INSIDE, 41),
    "widened over it": (WIDEN, AFTER, 41),
    "never": (WIDEN, LATER, 40),
}
ROLLOVERS = {
    "rolled over, away": (ROLL_OVER, INSIDE, 0),
    "rolled over it": (ROLL_OVER, AFTER, 1),
    "rolled over, over it": (ROLL_OVER_TWICE, AFTER, 0),
}
STEPS = {**CHANGES, **ROLLOVERS}
changes = pytest.mark.parametrize(("change", "day", "june"), CHANGES.values(), ids=CHANGES.keys())
steps = pytest.mark.parametrize(("step", "day", "june"), STEPS.values(), ids=STEPS.keys())


def spending(stage: Stage, day: str, category: str = "food") -> dict[str, object]:
    return {"account": stage.ids["everyday"], "category": stage.ids[category], "amount": 1, "date": day}


def marks(stage: Stage) -> list[str]:
    """The budgets that are marked dirty."""
    return [key for (key,) in stage.home.run("SELECT DISTINCT key ->> 'id' FROM pgcache.dirty")]


@steps
@one_or_two
@pytest.mark.parametrize("level", LEVELS)
def test_a_change_of_the_period_waits_for_a_writer(
    stage: Stage, level: str, spend: str, step: str, day: str, june: int
) -> None:
    writer, mover = stage.sessions(2)
    writer.begin(level)
    writer.run(spend, **spending(stage, day))
    mover.start(step)
    mover.waits_for(writer)
    writer.commit()
    mover.finish()
    stage.home.expect(everyday=1024, june=june, year=81)
    assert marks(stage) == []


@steps
@one_or_two
def test_a_writer_waits_for_a_change_of_the_period(stage: Stage, spend: str, step: str, day: str, june: int) -> None:
    writer, mover = stage.sessions(2)
    mover.begin()
    mover.run(step)
    writer.start(spend, **spending(stage, day))
    writer.waits_for(mover)
    mover.commit()
    writer.finish()
    stage.home.expect(everyday=1024, june=june, year=81)


def test_a_writer_counts_by_the_old_period_where_the_change_rolls_back(stage: Stage) -> None:
    writer, mover = stage.sessions(2)
    mover.begin()
    mover.run(MOVE)
    writer.start(SPEND, **spending(stage, INSIDE))
    writer.waits_for(mover)
    mover.rollback()
    writer.finish()
    stage.home.expect(everyday=1024, june=41, year=81)


@pytest.mark.parametrize("level", FROZEN_LEVELS)
@pytest.mark.parametrize("waiting", [True, False], ids=["waiting", "after"])
@steps
@one_or_two
def test_a_writer_with_an_old_snapshot_fails(
    stage: Stage, spend: str, waiting: bool, level: str, step: str, day: str, june: int
) -> None:
    writer, mover = stage.sessions(2)
    writer.begin(level)
    mover.begin()
    mover.run(step)
    if not waiting:
        mover.commit()
    writer.start(spend, **spending(stage, day))
    if waiting:
        writer.waits_for(mover)
        mover.commit()
    with pytest.raises(psycopg.errors.SerializationFailure):
        writer.finish()
    writer.rollback()
    stage.home.exact()


@pytest.mark.parametrize(("writer_level", "waiting"), ENDINGS)
@pytest.mark.parametrize("level", FROZEN_LEVELS)
@changes
def test_a_change_with_an_old_snapshot_fails_or_marks_the_budget(
    stage: Stage, level: str, writer_level: str, waiting: bool, change: str, day: str, june: int
) -> None:
    """Of a writer that added nothing to june there is nothing but its row, which the snapshot hides."""
    writer, mover = stage.sessions(2)
    mover.begin(level)
    writer.begin(writer_level)
    writer.run(SPEND, **spending(stage, day))
    if not waiting:
        writer.commit()
    mover.start(change)
    if waiting:
        mover.waits_for(writer)
        writer.commit()
    try:
        mover.finish()
        mover.commit()
    except psycopg.errors.SerializationFailure:
        mover.rollback()
        assert day == INSIDE or level == writer_level == "SERIALIZABLE"
        stage.home.expect(everyday=1024, june=41 if day == INSIDE else 40, year=81)
    else:
        assert day != INSIDE
        assert marks(stage) == [str(stage.ids["june"])]
        stage.home.run("SELECT pgcache.refresh('budget_consumption')")
        stage.home.expect(everyday=1024, june=june, year=81)
        assert marks(stage) == []


@pytest.mark.parametrize("level", LEVELS)
def test_a_mapper_and_a_change_of_the_period_take_turns(stage: Stage, level: str) -> None:
    mapper, mover = stage.sessions(2)
    mapper.begin()
    mapper.run("INSERT INTO budget_category (budget_id, category_id) VALUES (%(june)s, %(fun)s)")
    mover.begin(level)
    mover.start("UPDATE budget SET period_start = '2025-06-11' WHERE id = %(june)s")
    mover.waits_for(mapper)
    mapper.commit()
    if level == "READ COMMITTED":
        mover.finish()
        mover.commit()
        stage.home.expect(june=15)
    else:
        with pytest.raises(psycopg.errors.SerializationFailure):
            mover.finish()
        mover.rollback()
        stage.home.expect(june=55)


TRACK = "INSERT INTO budget_category (budget_id, category_id) VALUES (%(june)s, %(fun)s)"


@pytest.mark.parametrize(("first", "then"), [(TRACK, WIDEN), (WIDEN, TRACK)], ids=["mapper first", "period first"])
def test_a_mapper_that_moves_nothing_yet_keeps_the_period_as_it_is(stage: Stage, first: str, then: str) -> None:
    """The category's only row lies outside of the period and inside of the new one."""
    stage.home.run("UPDATE transaction SET date = %(day)s WHERE id = %(cinema)s", day=AFTER)
    holder, follower = stage.sessions(2)
    holder.begin()
    holder.run(first)
    follower.start(then)
    follower.waits_for(holder)
    holder.commit()
    follower.finish()
    stage.home.expect(june=55)


def test_two_rollovers_close_each_period_once(stage: Stage) -> None:
    first, second = stage.sessions(2)
    first.begin()
    closed = first.run(ROLL_OVER_TWICE)
    second.start(ROLL_OVER_TWICE)
    second.waits_for(first)
    first.commit()
    assert [row[1:] for row in closed] == [
        (date(2025, 6, 1), date(2025, 6, 30), Decimal(40)),
        (date(2025, 7, 1), date(2025, 7, 31), Decimal(0)),
    ]
    assert second.finish() == []
    stage.home.expect(june=0)
    assert stage.home.value("SELECT count(*) FROM budget_period") == 2


def test_a_rollover_goes_on_where_the_other_rolls_back(stage: Stage) -> None:
    first, second = stage.sessions(2)
    first.begin()
    first.run(ROLL_OVER)
    second.start(ROLL_OVER)
    second.waits_for(first)
    first.rollback()
    assert [row[1:] for row in second.finish()] == [(date(2025, 6, 1), date(2025, 6, 30), Decimal(40))]
    stage.home.expect(june=0)


def test_a_rollover_keeps_the_history_of_a_writer_that_it_waited_for(stage: Stage) -> None:
    """Rows in the closed period, in one that it steps through, and in the new one."""
    writer, roller = stage.sessions(2)
    writer.begin()
    for day, amount in ((INSIDE, 1), (AFTER, 2), (LATER, 4)):
        writer.run(SPEND, **{**spending(stage, day), "amount": amount})
    roller.start(ROLL_OVER_TWICE)
    roller.waits_for(writer)
    writer.commit()
    assert [row[3] for row in roller.finish()] == [41, 2]
    stage.home.expect(everyday=1018, june=4, year=87)


@pytest.mark.parametrize("level", FROZEN_LEVELS)
def test_a_rollover_with_an_old_snapshot_is_refused(stage: Stage, level: str) -> None:
    """The row lies in a period that it steps through: the budget has not changed, and the history would miss it."""
    roller = stage.session()
    roller.begin(level)
    stage.home.run(SPEND, **spending(stage, AFTER))
    with pytest.raises(psycopg.Error, match="needs READ COMMITTED") as caught:
        roller.run(ROLL_OVER_TWICE)
    assert caught.value.sqlstate == "PC005"
    roller.rollback()
    assert stage.home.value("SELECT count(*) FROM budget_period") == 0
    stage.home.expect(everyday=1024, year=81)


def test_a_whole_row_save_of_a_budget_that_is_rolled_over_meanwhile_moves_it_back(stage: Stage) -> None:
    """The period is the application's to write: the consumption follows it."""
    roller, saver = stage.sessions(2)
    roller.begin()
    roller.run(ROLL_OVER)
    saver.start(
        """UPDATE budget SET name = 'Food!', period_start = '2025-06-01', period_end = '2025-06-30',
               cached_consumption = 39 WHERE id = %(june)s"""
    )
    saver.waits_for(roller)
    roller.commit()
    saver.finish()
    stage.home.expect()

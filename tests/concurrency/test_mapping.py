"""Writers beside mappers: neither sees the other's uncommitted row, so each waits for the other's slot.

Where the snapshot is older than the lock, the writer fails, and the mapper marks the budget that it may have got wrong.
"""

from __future__ import annotations

import psycopg
import pytest

from tests.concurrency.stage import ENDINGS, FROZEN_LEVELS, LEVELS, READ_COMMITTED, SPEND, Session, Stage, one_or_two

# What is done to the mapping, and what june has then with 1 more spent on the category, dated June 2.
CHANGES: dict[str, tuple[str, str, int]] = {
    "added": ("INSERT INTO budget_category (budget_id, category_id) VALUES (%(june)s, %(fun)s)", "fun", 56),
    "removed": ("DELETE FROM budget_category WHERE budget_id = %(june)s AND category_id = %(food)s", "food", 0),
    "exchanged, the new one": (
        "UPDATE budget_category SET category_id = %(fun)s WHERE budget_id = %(june)s AND category_id = %(food)s",
        "fun",
        16,
    ),
    "exchanged, the old one": (
        "UPDATE budget_category SET category_id = %(fun)s WHERE budget_id = %(june)s AND category_id = %(food)s",
        "food",
        15,
    ),
}
changes = pytest.mark.parametrize(("change", "category", "june"), CHANGES.values(), ids=CHANGES.keys())


def spending(stage: Stage, category: str) -> dict[str, object]:
    ids = stage.ids
    return {"account": ids["everyday"], "category": ids[category], "amount": 1, "date": "2025-06-02"}


def marked(stage: Stage) -> bool:
    """Whether june, and no other budget, is marked dirty."""
    rows = stage.home.run("SELECT DISTINCT cache, key ->> 'id' FROM pgcache.dirty").fetchall()
    assert rows in ([], [("budget_consumption", str(stage.ids["june"]))])
    return bool(rows)


def finish(session: Session) -> bool:
    """Let a statement end and commit; False where it fails with 40001."""
    try:
        session.finish()
        session.commit()
    except psycopg.errors.SerializationFailure:
        session.rollback()
        return False
    return True


@changes
@one_or_two
@pytest.mark.parametrize("level", LEVELS)
def test_a_mapper_waits_for_a_writer(
    stage: Stage, level: str, spend: str, change: str, category: str, june: int
) -> None:
    writer, mapper = stage.sessions(2)
    writer.begin(level)
    writer.run(spend, **spending(stage, category))
    mapper.start(change)
    mapper.waits_for(writer)
    writer.commit()
    mapper.finish()
    stage.home.expect(everyday=1024, june=june, year=81)
    assert not marked(stage)


@changes
@one_or_two
def test_a_writer_waits_for_a_mapper(stage: Stage, spend: str, change: str, category: str, june: int) -> None:
    writer, mapper = stage.sessions(2)
    mapper.begin()
    mapper.run(change)
    writer.start(spend, **spending(stage, category))
    writer.waits_for(mapper)
    mapper.commit()
    writer.finish()
    stage.home.expect(everyday=1024, june=june, year=81)


def test_a_writer_counts_by_the_old_mapping_where_the_mapper_rolls_back(stage: Stage) -> None:
    writer, mapper = stage.sessions(2)
    mapper.begin()
    mapper.run("DELETE FROM budget_category")
    writer.start(SPEND, **spending(stage, "food"))
    writer.waits_for(mapper)
    mapper.rollback()
    writer.finish()
    stage.home.expect(everyday=1024, june=41, year=81)


@changes
def test_a_reassignment_waits_for_a_mapper_of_either_category(
    stage: Stage, change: str, category: str, june: int
) -> None:
    """A transaction that leaves a category, or comes to it."""
    writer, mapper = stage.sessions(2)
    mapper.begin()
    mapper.run(change)
    other = "food" if category == "fun" else "fun"
    row = "cinema" if other == "fun" else "groceries"
    writer.start(
        "UPDATE transaction SET category_id = %(category)s WHERE id = %(row)s",
        category=stage.ids[category],
        row=stage.ids[row],
    )
    writer.waits_for(mapper)
    mapper.commit()
    writer.finish()
    stage.home.exact()


@pytest.mark.parametrize("level", FROZEN_LEVELS)
@changes
@one_or_two
def test_a_writer_with_an_old_snapshot_waits_for_a_mapper_and_fails(
    stage: Stage, level: str, spend: str, change: str, category: str, june: int
) -> None:
    writer, mapper = stage.sessions(2)
    writer.begin(level)
    mapper.begin()
    mapper.run(change)
    writer.start(spend, **spending(stage, category))
    writer.waits_for(mapper)
    mapper.commit()
    assert not finish(writer)
    stage.home.exact()


@pytest.mark.parametrize("mapper_level", LEVELS)
@pytest.mark.parametrize("level", FROZEN_LEVELS)
@changes
@one_or_two
def test_a_writer_fails_where_its_snapshot_is_older_than_the_mapping(
    stage: Stage, level: str, mapper_level: str, spend: str, change: str, category: str, june: int
) -> None:
    """Nothing but its slot's row tells it: the category had no row in the period, so that no budget has changed."""
    stage.home.run("DELETE FROM transaction WHERE category_id = %(category)s", category=stage.ids[category])
    writer, mapper = stage.sessions(2)
    writer.begin(level)
    mapper.begin(mapper_level)
    mapper.run(change)
    mapper.commit()
    writer.start(spend, **spending(stage, category))
    assert not finish(writer)
    assert marked(stage) == (mapper_level != READ_COMMITTED)
    stage.home.exact()


@pytest.mark.parametrize(("writer_level", "waiting"), ENDINGS)
@pytest.mark.parametrize("level", FROZEN_LEVELS)
@changes
def test_a_mapper_with_an_old_snapshot_fails_or_marks_the_budget(
    stage: Stage, level: str, writer_level: str, waiting: bool, change: str, category: str, june: int
) -> None:
    writer, mapper = stage.sessions(2)
    mapper.begin(level)
    writer.begin(writer_level)
    writer.run(SPEND, **spending(stage, category))
    if not waiting:
        writer.commit()
    mapper.start(change)
    if waiting:
        mapper.waits_for(writer)
        writer.commit()
    if finish(mapper):
        assert marked(stage)
        stage.home.run("SELECT pgcache.refresh('budget_consumption')")
        stage.home.expect(everyday=1024, june=june, year=81)
        assert not marked(stage)
    else:
        stage.home.expect(everyday=1024, june=41 if category == "food" else 40, year=81)


def test_two_mappers_of_one_category_take_turns(stage: Stage) -> None:
    first, second = stage.sessions(2)
    first.begin()
    first.run("INSERT INTO budget_category (budget_id, category_id) VALUES (%(june)s, %(fun)s)")
    second.start("DELETE FROM budget_category WHERE budget_id = %(year)s AND category_id = %(fun)s")
    second.waits_for(first)
    first.commit()
    second.finish()
    stage.home.expect(june=55, year=65)


def test_a_recompute_waits_for_a_mapper(stage: Stage) -> None:
    mapper, repairer = stage.sessions(2)
    mapper.begin()
    mapper.run("INSERT INTO budget_category (budget_id, category_id) VALUES (%(june)s, %(fun)s)")
    repairer.start("SELECT recompute_budget_consumption(%(june)s)")
    repairer.waits_for(mapper)
    mapper.commit()
    assert repairer.finish() == [(55,)]
    stage.home.expect(june=55)


def test_a_budget_is_deleted_beside_a_writer(stage: Stage) -> None:
    """The cascade to its mapping must not want the slot of the writer, who waits for the budget."""
    gate, writer, closer = stage.sessions(3)
    gate.begin()
    gate.run("SELECT FROM budget WHERE id = %(june)s FOR NO KEY UPDATE")
    writer.start(SPEND, **spending(stage, "food"))
    writer.waits_for(gate)
    closer.begin()
    closer.run("DELETE FROM budget WHERE id = %(year)s")
    gate.commit()
    writer.waits_for(closer)
    closer.commit()
    writer.finish()
    stage.home.expect(everyday=1024, june=41, year=None)

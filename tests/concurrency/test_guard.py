"""A whole row that is saved with the cached value of before keeps what was written to it meanwhile."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from pgcache import config, migrate, resources
from pgcache.model import Guard
from tests.concurrency.stage import FROZEN_LEVELS, SPEND, Session, Stage

SAVE_ACCOUNT = """UPDATE account SET name = 'Joint', opening_balance = %(opening)s, cached_balance = 1025
    WHERE id = %(everyday)s"""
SAVE_BUDGET = """UPDATE budget SET name = 'Eat', period_start = '2025-06-01', period_end = '2025-06-30',
    cached_consumption = 40 WHERE id = %(june)s"""
SAVES = {"account": SAVE_ACCOUNT, "budget": SAVE_BUDGET}
saves = pytest.mark.parametrize("save", SAVES.values(), ids=SAVES.keys())


def guard(stage: Stage, guard: Guard) -> None:
    """Declare another guard for both caches."""
    declaration = config.load(resources.path("sql", "presets", "finance", "pgcache.toml"))
    caches = tuple(replace(cache, guard=guard) for cache in declaration.caches)
    migrate.migrate(stage.home.conn, replace(declaration, caches=caches))


def spend(session: Session) -> None:
    ids = session.home.ids
    session.run(SPEND, account=ids["everyday"], category=ids["food"], amount=1, date="2025-06-02")


@pytest.mark.parametrize("opening", [100, 150], ids=["opening balance as before", "new opening balance"])
def test_a_save_of_an_account_waits_for_a_writer(stage: Stage, opening: int) -> None:
    writer, saver = stage.sessions(2)
    writer.begin()
    spend(writer)
    saver.start(SAVE_ACCOUNT, opening=opening)
    saver.waits_for(writer)
    writer.commit()
    saver.finish()
    stage.home.expect(everyday=924 + opening, june=41, year=81)
    assert stage.home.value("SELECT name FROM account WHERE id = %(everyday)s") == "Joint"


def test_a_save_of_a_budget_waits_for_a_writer(stage: Stage) -> None:
    writer, saver = stage.sessions(2)
    writer.begin()
    spend(writer)
    saver.start(SAVE_BUDGET)
    saver.waits_for(writer)
    writer.commit()
    saver.finish()
    stage.home.expect(everyday=1024, june=41, year=81)
    assert stage.home.value("SELECT name FROM budget WHERE id = %(june)s") == "Eat"


def test_a_writer_waits_for_a_save(stage: Stage) -> None:
    writer, saver = stage.sessions(2)
    saver.begin()
    saver.run(SAVE_ACCOUNT, opening=150)
    writer.start(SPEND, account=stage.ids["everyday"], category=stage.ids["food"], amount=1, date="2025-06-02")
    writer.waits_for(saver)
    saver.commit()
    writer.finish()
    stage.home.expect(everyday=1074, june=41, year=81)


@pytest.mark.parametrize("level", FROZEN_LEVELS)
def test_a_save_with_an_old_snapshot_fails(stage: Stage, level: str) -> None:
    writer, saver = stage.sessions(2)
    saver.begin(level)
    spend(writer)
    with pytest.raises(psycopg.errors.SerializationFailure):
        saver.run(SAVE_ACCOUNT, opening=100)
    saver.rollback()
    stage.home.expect(everyday=1024, june=41, year=81)


@saves
@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_a_save_that_waited_for_a_writer_is_rejected(stage: Stage, end: str, save: str) -> None:
    """It is the value of before that it writes: right where the writer rolls back, and by hand where it commits."""
    guard(stage, "reject")
    writer, saver = stage.sessions(2)
    writer.begin()
    spend(writer)
    saver.start(save, opening=100)
    saver.waits_for(writer)
    writer.run(end)
    if end == "ROLLBACK":
        saver.finish()
        stage.home.expect()
        return
    with pytest.raises(psycopg.Error, match="cannot be written by hand") as caught:
        saver.finish()
    assert caught.value.sqlstate == "PC004"
    stage.home.expect(everyday=1024, june=41, year=81)
    assert stage.home.value("SELECT name FROM account WHERE id = %(everyday)s") == "Everyday"


@saves
def test_a_writer_waits_for_a_save_that_is_not_rejected(stage: Stage, save: str) -> None:
    guard(stage, "reject")
    writer, saver = stage.sessions(2)
    saver.begin()
    saver.run(save, opening=150)
    writer.start(SPEND, account=stage.ids["everyday"], category=stage.ids["food"], amount=1, date="2025-06-02")
    writer.waits_for(saver)
    saver.commit()
    writer.finish()
    stage.home.expect(everyday=1074 if save == SAVE_ACCOUNT else 1024, june=41, year=81)


@saves
def test_a_save_that_waited_for_a_writer_is_logged_with_what_that_left(stage: Stage, save: str) -> None:
    guard(stage, "log")
    writer, saver = stage.sessions(2)
    writer.begin()
    spend(writer)
    saver.start(save, opening=100)
    saver.waits_for(writer)
    writer.commit()
    saver.finish()
    (written,) = stage.home.run("SELECT cached, written FROM pgcache.write")
    assert written == (([1024], [1025]) if save == SAVE_ACCOUNT else ([41], [40]))
    stage.home.run("SELECT pgcache.reconcile(name) FROM pgcache.cache")
    stage.home.expect(everyday=1024, june=41, year=81)

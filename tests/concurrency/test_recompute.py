"""Recompute beside writers: it sums in a statement that begins after it has the row, so that no entry vanishes."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest

from tests.concurrency.stage import FROZEN_LEVELS, SPEND, Stage

JUNE_2 = "2025-06-02"

RECOMPUTES: dict[str, tuple[str, str]] = {
    "account": ("SELECT recompute_account_balance(%(everyday)s)", "1024"),
    "budget": ("SELECT recompute_budget_consumption(%(june)s)", "41"),
    "budget, its period": ("SELECT recompute_budget_consumption(%(june)s, '2025-06-01', '2025-06-30')", "41"),
    "budget, another period": ("SELECT recompute_budget_consumption(%(june)s, '2025-05-31', '2025-06-30')", "66"),
}


@pytest.mark.parametrize(("recompute", "result"), RECOMPUTES.values(), ids=RECOMPUTES.keys())
def test_a_recompute_waits_for_a_writer_and_counts_it(stage: Stage, recompute: str, result: str) -> None:
    writer, repairer = stage.sessions(2)
    writer.begin()
    writer.run(SPEND, account=stage.ids["everyday"], category=stage.ids["food"], amount=1, date=JUNE_2)
    repairer.start(recompute)
    repairer.waits_for(writer)
    writer.commit()
    assert repairer.finish() == [(Decimal(result),)]
    stage.home.expect(everyday=1024, june=41, year=81)
    assert stage.home.value("SELECT count(*) FROM pgcache.drift") == 0


def test_a_recompute_that_waited_repairs_what_was_wrong_and_counts_the_writer(stage: Stage) -> None:
    writer, repairer = stage.sessions(2)
    stage.home.corrupt("UPDATE account SET cached_balance = cached_balance + 7 WHERE id = %(everyday)s")
    writer.begin()
    writer.run(SPEND, account=stage.ids["everyday"], category=stage.ids["food"], amount=1, date=JUNE_2)
    repairer.start("SELECT recompute_account_balance(%(everyday)s)")
    repairer.waits_for(writer)
    writer.commit()
    assert repairer.finish() == [(Decimal(1024),)]
    stage.home.expect(everyday=1024, june=41, year=81)
    assert stage.home.value("SELECT drift FROM pgcache.drift") == -7


def test_a_writer_waits_for_a_recompute_and_adds_to_what_it_stored(stage: Stage) -> None:
    repairer, writer = stage.sessions(2)
    stage.home.corrupt("UPDATE account SET cached_balance = cached_balance + 7 WHERE id = %(everyday)s")
    repairer.begin()
    repairer.run("SELECT recompute_account_balance(%(everyday)s)")
    writer.start(SPEND, account=stage.ids["everyday"], category=stage.ids["food"], amount=1, date=JUNE_2)
    writer.waits_for(repairer)
    repairer.commit()
    writer.finish()
    stage.home.expect(everyday=1024, june=41, year=81)


@pytest.mark.parametrize("level", FROZEN_LEVELS)
@pytest.mark.parametrize("waiting", [True, False], ids=["waiting", "after"])
def test_a_recompute_that_cannot_see_a_writer_fails(stage: Stage, level: str, waiting: bool) -> None:
    writer, repairer = stage.sessions(2)
    repairer.begin(level)
    writer.begin()
    writer.run(SPEND, account=stage.ids["everyday"], category=stage.ids["food"], amount=1, date=JUNE_2)
    if waiting:
        repairer.start("SELECT recompute_account_balance(%(everyday)s)")
        repairer.waits_for(writer)
        writer.commit()
    else:
        writer.commit()
        repairer.start("SELECT recompute_account_balance(%(everyday)s)")
    with pytest.raises(psycopg.errors.SerializationFailure):
        repairer.finish()
    repairer.rollback()
    stage.home.expect(everyday=1024, june=41, year=81)

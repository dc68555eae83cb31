"""Recompute beside writers: it sums in a statement that begins after it has the row, so that no entry vanishes."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest

from tests.concurrency.stage import FROZEN_LEVELS, SPEND, Stage, one_or_two

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


REPAIRS = {name: recompute for name, (recompute, _) in RECOMPUTES.items() if name in ("account", "budget")}
repairs = pytest.mark.parametrize("repair", REPAIRS.values(), ids=REPAIRS.keys())


def corrupt(stage: Stage, repair: str) -> None:
    """Put 7 too much where a repair is to find it."""
    if "account" in repair:
        stage.home.corrupt("UPDATE account SET cached_balance = cached_balance + 7 WHERE id = %(everyday)s")
    else:
        stage.home.corrupt("UPDATE budget SET cached_consumption = cached_consumption + 7 WHERE id = %(june)s")


@repairs
@one_or_two
def test_a_writer_waits_for_a_recompute_and_adds_to_what_it_stored(stage: Stage, spend: str, repair: str) -> None:
    repairer, writer = stage.sessions(2)
    corrupt(stage, repair)
    repairer.begin()
    repairer.run(repair)
    writer.start(spend, account=stage.ids["everyday"], category=stage.ids["food"], amount=1, date=JUNE_2)
    writer.waits_for(repairer)
    repairer.commit()
    writer.finish()
    stage.home.expect(everyday=1024, june=41, year=81)


@repairs
@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_two_recomputes_of_one_key_correct_it_once(stage: Stage, end: str, repair: str) -> None:
    first, second = stage.sessions(2)
    corrupt(stage, repair)
    first.begin()
    first.run(repair)
    second.start(repair)
    second.waits_for(first)
    first.run(end)
    second.finish()
    stage.home.expect()
    assert [drift for (drift,) in stage.home.run("SELECT drift FROM pgcache.drift")] == [-7]


@repairs
@pytest.mark.parametrize("level", FROZEN_LEVELS)
@pytest.mark.parametrize("waiting", [True, False], ids=["waiting", "after"])
def test_a_writer_with_a_snapshot_from_before_a_repair_fails(
    stage: Stage, waiting: bool, level: str, repair: str
) -> None:
    repairer, writer = stage.sessions(2)
    corrupt(stage, repair)
    writer.begin(level)
    repairer.begin()
    repairer.run(repair)
    if not waiting:
        repairer.commit()
    writer.start(SPEND, account=stage.ids["everyday"], category=stage.ids["food"], amount=1, date=JUNE_2)
    if waiting:
        writer.waits_for(repairer)
        repairer.commit()
    with pytest.raises(psycopg.errors.SerializationFailure):
        writer.finish()
    writer.rollback()
    stage.home.expect()


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

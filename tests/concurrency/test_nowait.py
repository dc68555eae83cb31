"""Mode nowait: writers beside holders of a target row, a mapping or a period. None waits; the views are exact."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from pgcache.errors import PgcacheError
from pgcache.fold import fold
from pgcache.migrate import remove
from pgcache.model import Mode
from tests.concurrency import world
from tests.concurrency.stage import FROZEN_LEVELS, LEVELS, SPEND, Session, Stage
from tests.concurrency.test_mapping import changes
from tests.integration.finance.household import migrate_finance
from tests.oracle import compare
from tests.oracle.compare import assert_exact

JUNE_2 = "2025-06-02"
HOLD_ACCOUNT = "SELECT FROM account WHERE id = %(everyday)s FOR NO KEY UPDATE"
HOLD_BUDGET = "SELECT FROM budget WHERE id = %(june)s FOR NO KEY UPDATE"


def spend(session: Session, account: str, category: str, amount: int) -> None:
    ids = session.home.ids
    session.run(SPEND, account=ids[account], category=ids[category], amount=amount, date=JUNE_2)


def columns(stage: Stage) -> dict[str, Decimal]:
    """The plain columns, which may lag."""
    names = {stage.ids[name]: name for name in ("everyday", "savings", "june", "year")}
    rows = stage.home.run("SELECT id, cached_balance FROM account UNION ALL SELECT id, cached_consumption FROM budget")
    return {names[key]: value for key, value in rows}


def pending(stage: Stage) -> dict[str, int]:
    rows: Any = stage.home.run("SELECT cache, pending FROM pgcache.status()").fetchall()
    return dict(rows)


def test_a_writer_does_not_wait_for_a_held_row_and_the_next_one_folds(nowait_stage: Stage) -> None:
    holder, writer = nowait_stage.sessions(2)
    holder.begin()
    holder.run(HOLD_ACCOUNT)
    spend(writer, "everyday", "rest", 1)
    nowait_stage.home.expect(everyday=1024)
    assert columns(nowait_stage)["everyday"] == 1025
    assert pending(nowait_stage) == {"account_balance": 1, "budget_consumption": 0}
    holder.commit()
    spend(writer, "everyday", "rest", 2)
    nowait_stage.home.expect(everyday=1022)
    assert columns(nowait_stage)["everyday"] == 1022
    assert pending(nowait_stage)["account_balance"] == 0


def test_the_view_has_what_its_own_session_has_written(nowait_stage: Stage) -> None:
    holder, writer = nowait_stage.sessions(2)
    holder.begin()
    spend(holder, "everyday", "food", 1)
    writer.begin()
    spend(writer, "everyday", "food", 2)
    balance = "SELECT cached_balance, pgcache.account_balance(id) FROM pgcache.account_balance WHERE id = %(everyday)s"
    consumption = "SELECT pgcache.budget_consumption(%(june)s)"
    assert writer.run(balance) == [(1023, 1023)]
    assert holder.run(balance) == [(1024, 1024)]
    assert (writer.run(consumption), holder.run(consumption)) == ([(42,)], [(41,)])
    nowait_stage.home.expect()
    writer.rollback()
    holder.commit()
    nowait_stage.home.expect(everyday=1024, june=41, year=81)
    assert pending(nowait_stage) == {"account_balance": 0, "budget_consumption": 0}


def test_a_storms_checker_is_not_misled_by_a_switch_of_the_mode(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks for the mode, which a migration then switches, and compares what had to be exact before."""
    holder, writer = stage.sessions(2)
    asked: list[str] = []

    def oracle(conn: psycopg.Connection[Any], cache: str) -> str:
        query = compare.oracle(conn, cache)
        if not asked:
            migrate_finance(conn, "nowait")
            holder.begin()
            holder.run(HOLD_ACCOUNT)
            spend(writer, "everyday", "rest", 1)
        asked.append(cache)
        return query

    monkeypatch.setattr(world, "oracle", oracle)
    assert world.wrong(stage.home.conn) == []
    assert columns(stage)["everyday"] == 1025
    assert asked == ["account_balance", "account_balance", "budget_consumption"]
    holder.rollback()


def test_transfers_in_opposite_order_do_not_deadlock(nowait_stage: Stage) -> None:
    first, second = nowait_stage.sessions(2)
    first.begin()
    second.begin()
    spend(first, "everyday", "rest", 1)
    spend(second, "savings", "rest", 2)
    spend(first, "savings", "rest", 4)
    spend(second, "everyday", "rest", 8)
    first.commit()
    second.commit()
    nowait_stage.home.expect(everyday=1016, savings=-6)


@pytest.mark.parametrize("level", FROZEN_LEVELS)
@pytest.mark.parametrize("other", LEVELS)
def test_writers_of_one_row_raise_no_serialization_failure(nowait_stage: Stage, level: str, other: str) -> None:
    first, second = nowait_stage.sessions(2)
    first.begin(level)
    second.begin(other)
    spend(second, "everyday", "food", 1)
    second.commit()
    spend(first, "everyday", "food", 2)
    first.commit()
    nowait_stage.home.expect(everyday=1022, june=43, year=83)


def test_a_folder_does_not_wait_for_a_holder_nor_a_writer_for_it(nowait_stage: Stage) -> None:
    holder, writer, folder = nowait_stage.sessions(3)
    holder.begin()
    holder.run(HOLD_ACCOUNT)
    holder.run(HOLD_BUDGET)
    spend(writer, "everyday", "food", 1)
    spend(writer, "savings", "food", 2)
    folder.begin()
    assert folder.run("SELECT pgcache.fold('account_balance'), pgcache.fold('budget_consumption')") == [(0, 0)]
    holder.commit()
    assert folder.run("SELECT pgcache.fold('account_balance'), pgcache.fold('budget_consumption')") == [(1, 2)]
    spend(writer, "everyday", "food", 4)
    nowait_stage.home.expect(everyday=1020, savings=-2, june=47, year=87)
    folder.commit()
    nowait_stage.home.expect(everyday=1020, savings=-2, june=47, year=87)
    assert pending(nowait_stage) == {"account_balance": 1, "budget_consumption": 1}
    assert [(result.folded, result.left) for result in fold(folder.conn)] == [(1, 0), (1, 0)]
    assert columns(nowait_stage) == {"everyday": 1020, "savings": -2, "june": 47, "year": 87}


@pytest.mark.parametrize("ending", ["ROLLBACK", "ROLLBACK TO before"])
def test_what_a_transaction_had_folded_is_pending_again_after_its_rollback(nowait_stage: Stage, ending: str) -> None:
    holder, writer = nowait_stage.sessions(2)
    holder.begin()
    holder.run(HOLD_ACCOUNT)
    holder.run(HOLD_BUDGET)
    spend(writer, "everyday", "food", 1)
    holder.commit()
    writer.begin()
    writer.run("SAVEPOINT before")
    spend(writer, "everyday", "food", 2)
    assert writer.run("SELECT cached_balance FROM account WHERE id = %(everyday)s") == [(1022,)]
    writer.run(ending)
    writer.run("COMMIT")
    nowait_stage.home.expect(everyday=1024, june=41, year=81)
    assert pending(nowait_stage) == {"account_balance": 1, "budget_consumption": 1}


@changes
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("first", ["mapper", "writer"])
def test_a_writer_does_not_wait_for_a_mapper(
    nowait_stage: Stage, first: str, level: str, change: str, category: str, june: int
) -> None:
    """Whoever commits first: what is pending counts by the mapping that there is."""
    mapper, writer = nowait_stage.sessions(2)
    writer.begin(level)
    mapper.begin()
    mapper.run(change)
    spend(writer, "everyday", category, 1)
    (mapper if first == "mapper" else writer).commit()
    nowait_stage.home.exact()
    (writer if first == "mapper" else mapper).commit()
    nowait_stage.home.expect(everyday=1024, june=june, year=81)
    fold(mapper.conn)
    nowait_stage.home.expect(everyday=1024, june=june, year=81)
    assert columns(nowait_stage)["june"] == june


@changes
def test_a_mapper_waits_for_a_writer_that_has_used_the_mapping(
    nowait_stage: Stage, change: str, category: str, june: int
) -> None:
    writer, mapper = nowait_stage.sessions(2)
    writer.begin()
    spend(writer, "everyday", category, 1)
    mapper.start(change)
    mapper.waits_for(writer)
    writer.commit()
    mapper.finish()
    nowait_stage.home.expect(everyday=1024, june=june, year=81)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("first", ["mover", "writer"])
def test_a_writer_does_not_wait_for_a_change_of_the_period(nowait_stage: Stage, first: str, level: str) -> None:
    mover, writer = nowait_stage.sessions(2)
    writer.begin(level)
    mover.begin()
    mover.run("UPDATE budget SET period_start = '2025-06-03' WHERE id = %(june)s")
    spend(writer, "everyday", "food", 1)
    (mover if first == "mover" else writer).commit()
    nowait_stage.home.exact()
    (writer if first == "mover" else mover).commit()
    nowait_stage.home.expect(everyday=1024, june=40, year=81)
    nowait_stage.home.run("UPDATE budget SET period_start = '2025-06-02' WHERE id = %(june)s")
    nowait_stage.home.expect(everyday=1024, june=41, year=81)


def test_a_writer_does_not_wait_for_a_recompute(nowait_stage: Stage) -> None:
    nowait_stage.home.corrupt("UPDATE account SET cached_balance = 7")
    repairer, writer = nowait_stage.sessions(2)
    repairer.begin()
    assert repairer.run("SELECT recompute_account_balance(%(everyday)s)") == [(1025,)]
    spend(writer, "everyday", "rest", 1)
    repairer.commit()
    assert repairer.run("SELECT recompute_account_balance(%(savings)s)") == [(0,)]
    nowait_stage.home.expect(everyday=1024)


def test_a_recompute_returns_what_is_pending_too(nowait_stage: Stage) -> None:
    holder, writer = nowait_stage.sessions(2)
    holder.begin()
    holder.run(HOLD_ACCOUNT)
    spend(writer, "everyday", "rest", 1)
    assert holder.run("SELECT recompute_account_balance(%(everyday)s)") == [(1024,)]
    holder.commit()
    assert columns(nowait_stage)["everyday"] == 1025
    nowait_stage.home.expect(everyday=1024)


def test_a_pass_counts_what_is_pending_and_corrects_the_rest(nowait_stage: Stage) -> None:
    holder, writer = nowait_stage.sessions(2)
    nowait_stage.home.corrupt("UPDATE account SET cached_balance = cached_balance + 5 WHERE id = %(everyday)s")
    holder.begin()
    holder.run(HOLD_ACCOUNT)
    spend(writer, "everyday", "rest", 1)
    holder.commit()
    row = nowait_stage.home.run(
        "SELECT drifted, corrected, max_abs_drift FROM pgcache.reconcile('account_balance')"
    ).fetchone()
    assert row == (1, 1, 5)
    assert pending(nowait_stage)["account_balance"] == 1
    nowait_stage.home.expect(everyday=1024)


def test_an_account_that_goes_takes_what_was_pending_for_it_along(nowait_stage: Stage) -> None:
    holder, writer = nowait_stage.sessions(2)
    holder.begin()
    holder.run("SELECT FROM account WHERE id = %(savings)s FOR NO KEY UPDATE")
    spend(writer, "savings", "rest", 1)
    holder.commit()
    with writer.conn.transaction():
        writer.run("DELETE FROM transaction WHERE account_id = %(savings)s AND amount = 7")
        writer.run("UPDATE transaction SET account_id = %(everyday)s WHERE account_id = %(savings)s")
        writer.run("DELETE FROM account WHERE id = %(savings)s")
    writer.run("INSERT INTO account (id, name) VALUES (%(savings)s, 'Savings')")
    nowait_stage.home.expect(everyday=1024, savings=0)


@pytest.mark.parametrize("mode", ["immediate", "nowait"])
def test_a_migration_waits_for_whoever_holds_a_row_that_something_is_pending_for(
    nowait_stage: Stage, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgcache.migrate.LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr("pgcache.migrate.PAUSE_SECONDS", 0)
    holder, writer, migrator = nowait_stage.sessions(3)
    holder.begin()
    holder.run(HOLD_ACCOUNT)
    spend(writer, "everyday", "food", 1)
    if mode == "immediate":
        with pytest.raises(PgcacheError, match="its tables are in use by other transactions"):
            migrate_finance(migrator.conn, "immediate")
        holder.commit()
        migrate_finance(migrator.conn, "immediate")
        assert columns(nowait_stage) == {"everyday": 1024, "savings": 0, "june": 41, "year": 81}
    else:
        migrate_finance(migrator.conn, "nowait")  # nothing to do, and so nothing to wait for
        holder.commit()
    nowait_stage.home.expect(everyday=1024, june=41, year=81)


def test_rows_of_a_created_target_come_without_waiting(monthly_stage: Stage) -> None:
    """Two writers are the first ones of a month: one makes its row, the other's delta waits for it."""
    first, second = monthly_stage.sessions(2)
    second.run("SET pgcache.today = '2025-06-15'")
    first.begin()
    second.begin()
    spend(first, "everyday", "rest", 1)
    spend(second, "everyday", "rest", 2)
    second.commit()
    change = "SELECT actual_change, entries FROM {} WHERE account_id = %(everyday)s AND month = '2025-06-01'"
    view, table = change.format("pgcache.account_month"), change.format("account_month")
    assert (second.run(view), second.run(table)) == ([(-2, 1)], [])
    first.commit()
    assert (second.run(view), second.run(table)) == ([(-3, 2)], [(-1, 1)])
    assert_exact(second.conn, "account_month", "monthly_account_balance")
    spend(second, "everyday", "rest", 4)
    assert (second.run(view), second.run(table)) == ([(-7, 3)], [(-7, 3)])
    assert_exact(second.conn, "account_month", "monthly_account_balance")


@pytest.mark.parametrize("held", [True, False])
def test_a_fold_makes_the_rows_of_a_created_target(monthly_stage: Stage, held: bool) -> None:
    """Unless somebody else is about to: a row that is not committed is not waited for."""
    first, second = monthly_stage.sessions(2)
    second.run("SET pgcache.today = '2025-06-15'")
    first.begin()
    if held:
        spend(first, "everyday", "rest", 1)
    second.begin("REPEATABLE READ")
    spend(second, "everyday", "rest", 2)
    second.commit()
    assert second.run("SELECT pgcache.fold('account_month')") == [(0 if held else 1,)]
    first.commit()
    assert second.run("SELECT pgcache.fold('account_month')") == [(1 if held else 0,)]
    assert second.run("SELECT pgcache.count_pending('account_month')") == [(0,)]
    assert_exact(second.conn, "account_month", "monthly_account_balance")


@pytest.mark.parametrize("mode", ["immediate", None])
def test_what_folds_pending_deltas_is_missing(nowait_stage: Stage, mode: Mode | None) -> None:
    """Neither a switch nor a removal loses what is pending; a migrate with the same declaration mends it."""
    writer = nowait_stage.sessions(1)[0]
    writer.begin("REPEATABLE READ")
    spend(writer, "everyday", "rest", 1)
    writer.commit()
    nowait_stage.home.run("DROP FUNCTION pgcache.account_balance_fold(bigint, boolean)")

    def change() -> None:
        if mode:
            migrate_finance(writer.conn, mode)
        else:
            remove(writer.conn, ["account_balance"])

    with pytest.raises(psycopg.Error, match="the function that folds its pending deltas is missing"):
        change()
    migrate_finance(writer.conn, "nowait")
    change()
    assert columns(nowait_stage)["everyday"] == 1024

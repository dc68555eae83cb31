"""Reconcile beside writers and other repairs: what it applies is the difference that it read, and only once."""

from __future__ import annotations

import json
import threading
from decimal import Decimal

import psycopg
import pytest

from pgcache import queries, reconcile
from pgcache.errors import PgcacheError
from pgcache.scan import Scan
from tests.concurrency.stage import SPEND, Session, Stage, one_or_two
from tests.support import wait_until

JUNE_2 = "2025-06-02"
BEGIN = "SELECT pgcache.reconcile_begin(%(run)s, %(cache)s, 'reconcile')"
STEP = "SELECT pgcache.reconcile_step(%(run)s, %(cache)s, 1000)"
END = "SELECT corrected FROM pgcache.reconcile_end(%(run)s, %(cache)s)"
ACCOUNTS = {"run": 1000, "cache": "account_balance"}
BUDGETS = {"run": 1000, "cache": "budget_consumption"}


@pytest.fixture
def drifted(stage: Stage) -> Stage:
    """The household with 7 too much everywhere but in the savings."""
    stage.home.corrupt("UPDATE account SET cached_balance = cached_balance + 7 WHERE id = %(everyday)s")
    stage.home.corrupt("UPDATE budget SET cached_consumption = cached_consumption + 7")
    return stage


@pytest.fixture
def pass_of_accounts(drifted: Stage) -> Session:
    """A pass that has read the drift of the accounts, and goes on with STEP."""
    reconciler = drifted.session()
    reconciler.run(BEGIN, **ACCOUNTS)
    return reconciler


def statuses(stage: Stage) -> list[tuple[str, Decimal]]:
    rows = stage.home.run("SELECT status, drift FROM pgcache.drift WHERE cache = 'account_balance' ORDER BY id")
    return [(status, drift) for status, drift in rows]


def repair_budgets(stage: Stage) -> None:
    stage.home.run("SELECT recompute_budget_consumption(id) FROM budget")


def spend(session: Session, amount: int = 1) -> None:
    ids = session.home.ids
    session.run(SPEND, account=ids["everyday"], category=ids["food"], amount=amount, date=JUNE_2)


def test_what_was_written_after_the_drift_was_read_stays(pass_of_accounts: Session, drifted: Stage) -> None:
    spend(drifted.session())
    pass_of_accounts.run(STEP, **ACCOUNTS)
    assert pass_of_accounts.run(END, **ACCOUNTS) == [(1,)]
    repair_budgets(drifted)
    drifted.home.expect(everyday=1024, june=41, year=81)


def test_a_step_waits_for_a_writer_of_its_row(pass_of_accounts: Session, drifted: Stage) -> None:
    writer = drifted.session()
    writer.begin()
    spend(writer)
    pass_of_accounts.start(STEP, **ACCOUNTS)
    pass_of_accounts.waits_for(writer)
    writer.commit()
    pass_of_accounts.finish()
    repair_budgets(drifted)
    drifted.home.expect(everyday=1024, june=41, year=81)


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
@one_or_two
def test_a_writer_waits_for_a_step_that_has_corrected_its_row(
    pass_of_accounts: Session, drifted: Stage, spend: str, end: str
) -> None:
    writer = drifted.session()
    pass_of_accounts.begin()
    pass_of_accounts.run(STEP, **ACCOUNTS)
    writer.start(spend, account=drifted.ids["everyday"], category=drifted.ids["food"], amount=1, date=JUNE_2)
    writer.waits_for(pass_of_accounts)
    pass_of_accounts.run(end)
    writer.finish()
    if end == "ROLLBACK":
        pass_of_accounts.run(STEP, **ACCOUNTS)
    repair_budgets(drifted)
    drifted.home.expect(everyday=1024, june=41, year=81)


# What changes a budget beside the sources, and what june has then.
CHANGES = {
    "mapping": ("INSERT INTO budget_category (budget_id, category_id) VALUES (%(june)s, %(fun)s)", 55),
    "period": ("UPDATE budget SET period_start = '2025-05-31' WHERE id = %(june)s", 65),
}


@pytest.mark.parametrize(("change", "june"), CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("first", ["change", "step"])
def test_a_step_and_a_change_of_the_budget_take_turns(drifted: Stage, first: str, change: str, june: int) -> None:
    reconciler, changer = drifted.sessions(2)
    reconciler.run(BEGIN, **BUDGETS)
    holder, follower = (changer, reconciler) if first == "change" else (reconciler, changer)
    holder.begin()
    if first == "change":
        holder.run(change)
        follower.start(STEP, **BUDGETS)
    else:
        holder.run(STEP, **BUDGETS)
        follower.start(change)
    follower.waits_for(holder)
    holder.commit()
    follower.finish()
    drifted.home.run("SELECT recompute_account_balance(%(everyday)s)")
    drifted.home.expect(june=june)


def test_a_writer_is_not_kept_waiting_while_the_drift_is_read(drifted: Stage) -> None:
    """Neither of the two waits: the writer while the drift is being read, nor the reading while there is a writer."""
    reconciler, writer = drifted.sessions(2)
    writer.begin()
    spend(writer)
    reconciler.begin()
    reconciler.run(BEGIN, **ACCOUNTS)
    spend(writer)
    writer.commit()
    reconciler.run(STEP, **ACCOUNTS)
    reconciler.commit()
    repair_budgets(drifted)
    drifted.home.expect(everyday=1023, june=42, year=82)


def test_a_drift_that_a_recompute_repaired_is_not_corrected_again(pass_of_accounts: Session, drifted: Stage) -> None:
    drifted.home.run("SELECT recompute_account_balance(%(everyday)s)")
    pass_of_accounts.run(STEP, **ACCOUNTS)
    assert pass_of_accounts.run(END, **ACCOUNTS) == [(0,)]
    assert ("corrected", Decimal(-7)) in statuses(drifted)
    repair_budgets(drifted)
    drifted.home.expect()


def test_a_step_waits_for_a_recompute_and_is_superseded(pass_of_accounts: Session, drifted: Stage) -> None:
    """The log of repairs is read after the row is locked: before, this recompute is not in it."""
    repairer = drifted.session()
    repairer.begin()
    repairer.run("SELECT recompute_account_balance(%(everyday)s)")
    pass_of_accounts.start(STEP, **ACCOUNTS)
    pass_of_accounts.waits_for(repairer)
    repairer.commit()
    pass_of_accounts.finish()
    assert pass_of_accounts.run(END, **ACCOUNTS) == [(0,)]
    repair_budgets(drifted)
    drifted.home.expect()


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_a_recompute_waits_for_a_step_and_finds_what_that_left(
    pass_of_accounts: Session, drifted: Stage, end: str
) -> None:
    repairer = drifted.session()
    pass_of_accounts.begin()
    pass_of_accounts.run(STEP, **ACCOUNTS)
    repairer.start("SELECT recompute_account_balance(%(everyday)s)")
    repairer.waits_for(pass_of_accounts)
    pass_of_accounts.run(end)
    assert repairer.finish() == [(Decimal(1025),)]
    if end == "ROLLBACK":
        pass_of_accounts.run(STEP, **ACCOUNTS)
    assert pass_of_accounts.run(END, **ACCOUNTS) == [(1 if end == "COMMIT" else 0,)]
    repair_budgets(drifted)
    drifted.home.expect()
    assert [status for status, _ in statuses(drifted)].count("corrected") == 1


def test_a_recompute_that_rolls_back_supersedes_nothing(pass_of_accounts: Session, drifted: Stage) -> None:
    repairer = drifted.session()
    repairer.begin()
    repairer.run("SELECT recompute_account_balance(%(everyday)s)")
    pass_of_accounts.start(STEP, **ACCOUNTS)
    pass_of_accounts.waits_for(repairer)
    repairer.rollback()
    pass_of_accounts.finish()
    assert pass_of_accounts.run(END, **ACCOUNTS) == [(1,)]
    repair_budgets(drifted)
    drifted.home.expect()


@pytest.mark.parametrize("table", ["transaction", "account, transaction, budget, budget_category, budget_period"])
def test_a_drift_that_was_read_before_a_truncate_is_void(pass_of_accounts: Session, drifted: Stage, table: str) -> None:
    drifted.home.run(f"TRUNCATE {table}")
    pass_of_accounts.run(STEP, **ACCOUNTS)
    assert pass_of_accounts.run(END, **ACCOUNTS) == [(0,)]
    drifted.home.exact()


def test_a_step_waits_for_a_truncate_that_has_not_committed(pass_of_accounts: Session, drifted: Stage) -> None:
    """The cached value that was read as too high becomes right by the TRUNCATE, which so has nothing to correct."""
    drifted.home.corrupt("UPDATE account SET cached_balance = opening_balance WHERE id = %(everyday)s")
    truncater = drifted.session()
    truncater.begin()
    truncater.run("TRUNCATE transaction")
    pass_of_accounts.start(STEP, **ACCOUNTS)
    pass_of_accounts.waits_for(truncater)
    truncater.commit()
    pass_of_accounts.finish()
    drifted.home.expect(everyday=100, june=0, year=0)


def test_a_truncate_waits_for_a_step_that_has_not_committed(pass_of_accounts: Session, drifted: Stage) -> None:
    truncater = drifted.session()
    pass_of_accounts.begin()
    pass_of_accounts.run(STEP, **ACCOUNTS)
    truncater.start("TRUNCATE transaction")
    truncater.waits_for(pass_of_accounts)
    pass_of_accounts.commit()
    truncater.finish()
    drifted.home.expect(everyday=100, june=0, year=0)


def test_a_truncate_that_waits_for_a_row_is_not_superseded_by_what_commits_meanwhile(stage: Stage) -> None:
    gate, truncater, other = stage.sessions(3)
    gate.begin()
    gate.run("SELECT FROM account WHERE id = %(everyday)s FOR NO KEY UPDATE")
    truncater.start("TRUNCATE transaction")
    truncater.waits_for(gate)
    other.run("INSERT INTO category (name) VALUES ('Newer than the TRUNCATE')")
    gate.commit()
    truncater.finish()
    stage.home.expect(everyday=100, june=0, year=0)


def test_two_passes_over_one_cache_take_turns(drifted: Stage) -> None:
    first, second = drifted.sessions(2)
    first.begin()
    first.run(BEGIN, **ACCOUNTS)
    second.start("SELECT drifted FROM pgcache.reconcile('account_balance')")
    second.waits_for(first)
    first.run(STEP, **ACCOUNTS)
    first.commit()
    assert second.finish() == [(0,)]
    repair_budgets(drifted)
    drifted.home.expect()
    assert statuses(drifted) == [("corrected", Decimal(-7))]


def test_two_reconciles_from_the_command_line_take_turns(drifted: Stage) -> None:
    """The pass of the command line spans several transactions; it keeps others out between them too."""
    paused, resumed = threading.Event(), threading.Event()

    def pause(cache: str, done: int, drifted: int) -> None:
        paused.set()
        assert resumed.wait(60)

    first, second = drifted.sessions(2)
    thread = threading.Thread(
        target=reconcile.reconcile, args=(first.conn, ["account_balance"]), kwargs={"progress": pause}
    )
    thread.start()
    try:
        wait_until(paused.is_set, "the first reconcile to correct")
        drifted.home.corrupt("UPDATE account SET cached_balance = cached_balance + 5 WHERE id = %(everyday)s")
        second.start("SELECT drifted FROM pgcache.reconcile('account_balance')")
        second.waits_for(first)
    finally:
        resumed.set()
        thread.join()
    assert second.finish() == [(1,)]
    repair_budgets(drifted)
    drifted.home.expect()
    assert statuses(drifted) == [("corrected", Decimal(-7)), ("corrected", Decimal(-5))]


def test_a_reconcile_does_not_wait_for_another_one_unless_it_is_asked_to(
    pass_of_accounts: Session, drifted: Stage
) -> None:
    """Runs from cron that take longer than the interval would pile up."""
    queries.row(pass_of_accounts.conn, "pass_lock", "account_balance", False)
    second = drifted.session()
    with pytest.raises(PgcacheError) as error:
        reconcile.reconcile(second.conn, ["account_balance"])
    assert str(error.value) == (
        f"another pass over cache 'account_balance' is running, by backend {pass_of_accounts.pid}; let it end, or wait "
        "for it with reconcile --wait"
    )
    second.start_call(lambda conn: reconcile.reconcile(conn, ["account_balance"], scan=Scan(wait=True)))
    second.waits_for(pass_of_accounts)
    queries.value(pass_of_accounts.conn, "pass_unlock", "account_balance")
    assert second.finish().caches[0].corrected == 1
    repair_budgets(drifted)
    drifted.home.expect()


def test_what_is_written_between_two_ranges_is_no_drift(drifted: Stage) -> None:
    """Keys are read whole: a transfer from one that was read to one that was not yet changes neither's drift."""
    reconciler, writer = drifted.sessions(2)
    reconciler.run("SELECT pgcache.reconcile_open(1000, 'account_balance', 'reconcile')")
    keys = [key for (key,) in drifted.home.run("SELECT id FROM account ORDER BY id")]
    for number, key in enumerate(keys, 1):
        ((checked, more),) = reconciler.run("SELECT * FROM pgcache.reconcile_range(1000, 'account_balance', 1)")
        assert (checked, more) == (number, True)
        for other in keys:
            ids = writer.home.ids
            writer.run(SPEND, account=other, category=ids["food"], amount=number, date=JUNE_2)
        writer.run("UPDATE transaction SET account_id = %(to)s WHERE account_id = %(key)s", to=keys[-1], key=key)
    assert reconciler.run("SELECT more FROM pgcache.reconcile_range(1000, 'account_balance', 1)") == [(False,)]
    reconciler.run(STEP, **ACCOUNTS)
    assert reconciler.run(END, **ACCOUNTS) == [(1,)]
    assert statuses(drifted) == [("corrected", Decimal(-7))]
    repair_budgets(drifted)
    drifted.home.exact()


def test_a_suspect_that_was_repaired_meanwhile_is_no_drift(drifted: Stage) -> None:
    """A standby tells of a drift that is repaired here, and not yet there."""
    reconciler, other = drifted.sessions(2)
    reconciler.run("SELECT pgcache.reconcile_open(1000, 'account_balance', 'reconcile')")
    suspects = reconciler.run("SELECT array_agg(key) FROM pgcache.compare('account_balance')")[0][0]
    other.run("SELECT recompute_account_balance(%(everyday)s)")
    keys = [json.dumps(key) for key in suspects]
    reconciler.run("SELECT pgcache.reconcile_keys(1000, 'account_balance', %(keys)s::jsonb[])", keys=keys)
    reconciler.run("SELECT pgcache.reconcile_judge(1000, 'account_balance', true)")
    reconciler.run(STEP, **ACCOUNTS)
    assert reconciler.run(END, **ACCOUNTS) == [(0,)]
    repair_budgets(drifted)
    drifted.home.expect()


def test_a_pass_over_budgets_applies_its_difference_to_a_moved_period(drifted: Stage) -> None:
    """A period that moved between reading and correcting has moved the cached value by the right difference."""
    reconciler = drifted.session()
    reconciler.run(BEGIN, **BUDGETS)
    drifted.home.run("UPDATE budget SET period_start = '2025-05-31' WHERE id = %(june)s")
    drifted.home.run("INSERT INTO budget_category (budget_id, category_id) VALUES (%(june)s, %(fun)s)")
    reconciler.run(STEP, **BUDGETS)
    drifted.home.run("SELECT recompute_account_balance(%(everyday)s)")
    drifted.home.expect(june=80)


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_pass_with_an_old_snapshot_is_refused(drifted: Stage, level: str) -> None:
    reconciler = drifted.session()
    reconciler.begin(level)
    spend(drifted.session())
    with pytest.raises(psycopg.Error, match="needs READ COMMITTED"):
        reconciler.run("SELECT * FROM pgcache.reconcile('account_balance')")
    reconciler.rollback()
    drifted.home.run("SELECT pgcache.reconcile('account_balance'), pgcache.reconcile('budget_consumption')")
    drifted.home.expect(everyday=1024, june=41, year=81)

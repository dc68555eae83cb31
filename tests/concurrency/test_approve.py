"""Approval beside writers, other approvals and passes: what is applied is what the key is off by then, and once."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest

from tests.concurrency.stage import SPEND, Session, Stage

JUNE_2 = "2025-06-02"
APPROVE = (
    "SELECT status, drift FROM pgcache.approve((SELECT max(id) FROM pgcache.drift WHERE status = 'pending_review'))"
)


@pytest.fixture
def queued(stage: Stage) -> Stage:
    """The everyday account has 7 too much, which waits for a decision."""
    stage.home.corrupt("UPDATE account SET cached_balance = cached_balance + 7 WHERE id = %(everyday)s")
    stage.home.run("SELECT pgcache.reconcile('account_balance', 0, 'review')")
    return stage


def spend(session: Session, amount: int = 1) -> None:
    ids = session.home.ids
    session.run(SPEND, account=ids["everyday"], category=ids["food"], amount=amount, date=JUNE_2)


def test_it_waits_for_a_writer_and_counts_what_that_wrote(queued: Stage) -> None:
    writer, approver = queued.sessions(2)
    writer.begin()
    spend(writer)
    approver.start(APPROVE)
    approver.waits_for(writer)
    writer.commit()
    assert approver.finish() == [("corrected", Decimal(-7))]
    queued.home.expect(everyday=1024, june=41, year=81)


def test_a_writer_waits_for_it(queued: Stage) -> None:
    writer, approver = queued.sessions(2)
    approver.begin()
    approver.run(APPROVE)
    writer.start(SPEND, account=queued.ids["everyday"], category=queued.ids["food"], amount=1, date=JUNE_2)
    writer.waits_for(approver)
    approver.commit()
    writer.finish()
    queued.home.expect(everyday=1024, june=41, year=81)


def test_two_approvals_correct_once(queued: Stage) -> None:
    first, second = queued.sessions(2)
    first.begin()
    first.run(APPROVE)
    second.start(APPROVE)
    second.waits_for(first)
    first.commit()
    assert second.finish() == [("corrected", Decimal(-7))]
    queued.home.expect()
    assert queued.home.value("SELECT count(*) FROM pgcache.drift") == 1


def test_a_pass_that_read_the_drift_before_does_not_apply_it_again(queued: Stage) -> None:
    run = {"run": 1000, "cache": "account_balance"}
    reconciler = queued.session()
    drift = queued.home.value("SELECT max(id) FROM pgcache.drift")
    reconciler.run("SELECT pgcache.reconcile_begin(%(run)s, %(cache)s, 'reconcile')", **run)
    queued.session().run("SELECT pgcache.approve(%(id)s)", id=drift)
    reconciler.run("SELECT pgcache.reconcile_step(%(run)s, %(cache)s, 1000)", **run)
    queued.home.expect()


def test_with_an_old_snapshot_it_fails_rather_than_to_sum_what_it_cannot_see(queued: Stage) -> None:
    approver = queued.session()
    approver.begin("REPEATABLE READ")
    spend(queued.session())
    with pytest.raises(psycopg.errors.SerializationFailure):
        approver.run(APPROVE)
    approver.rollback()
    approver.run(APPROVE)
    queued.home.expect(everyday=1024, june=41, year=81)

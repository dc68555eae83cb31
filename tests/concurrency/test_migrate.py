"""Migrate beside writers: it waits for those that triggers would miss, and never makes one fail."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from pgcache import catalog, config, migrate, plan, queries, resources
from pgcache.errors import PgcacheError
from pgcache.model import Declaration
from tests.concurrency.stage import FROZEN_LEVELS, SPEND, Session, Stage
from tests.support import wait_until

DECLARATION = resources.sql("presets", "finance", "pgcache.toml")


def install(conn: psycopg.Connection[Any]) -> None:
    migrate.migrate(conn, config.loads(DECLARATION, "pgcache.toml"))


def counting_deleted() -> Declaration:
    """The preset's declaration, with soft-deleted rows counted in the balances."""
    first, second = DECLARATION.split('where = "deleted_at IS NULL"')
    return config.loads(f'{first}where = "true"{second}', "pgcache.toml")


def spend(session: Session, amount: int = 1) -> None:
    ids = session.home.ids
    session.run(SPEND, account=ids["everyday"], category=ids["food"], amount=amount, date="2025-06-02")


def test_migrate_waits_for_a_writer_that_has_no_triggers_yet(bare_stage: Stage) -> None:
    writer, migrator = bare_stage.sessions(2)
    writer.begin()
    spend(writer)
    migrator.start_call(install)
    migrator.waits_for(writer)
    spend(writer)
    writer.commit()
    migrator.finish()
    bare_stage.home.expect(everyday=1023, june=42, year=82)


def test_migrate_lets_the_writers_pass_and_tries_again(bare_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that comes while migrate waits queues behind it, so it must not wait for long."""
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(migrate, "ATTEMPTS", 1000)
    tried = threading.Event()

    def say(line: str) -> None:
        if "attempt 2" in line:
            tried.set()

    holder, migrator, writer = bare_stage.sessions(3)
    holder.begin()
    spend(holder)
    migrator.start_call(lambda conn: migrate.migrate(conn, config.loads(DECLARATION, "pgcache.toml"), say=say))
    migrator.waits_for(holder)
    spend(writer)
    wait_until(tried.is_set, "the second attempt")
    holder.commit()
    migrator.finish()
    bare_stage.home.expect(everyday=1023, june=42, year=82)


def test_migrate_gives_up_and_is_run_again(bare_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "20ms")
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(migrate, "ATTEMPTS", 2)
    writer, migrator = bare_stage.sessions(2)
    writer.begin()
    spend(writer)
    with pytest.raises(PgcacheError, match="no lock was granted in 2 attempts of 20ms"):
        install(migrator.conn)
    assert bare_stage.home.value("SELECT count(*) FROM pg_trigger WHERE tgname ~ 'pgcache'") == 0
    writer.commit()
    install(migrator.conn)
    bare_stage.home.expect(everyday=1024, june=41, year=81)


def test_the_reference_tables_are_looked_at_without_keeping_their_writers_waiting(
    bare_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CREATE INDEX IF NOT EXISTS locks the table before it finds the index there."""
    monkeypatch.setattr(catalog, "LOCK_TIMEOUT", "20ms")
    writer, planner = bare_stage.sessions(2)
    writer.begin()
    spend(writer)
    with pytest.raises(psycopg.errors.LockNotAvailable):
        plan.make_plan(planner.conn, config.loads(DECLARATION, "pgcache.toml"), with_tables=True)


def test_a_second_migrate_is_told_of_the_first(bare_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, writer = bare_stage.sessions(3)
    writer.begin()
    spend(writer)
    first.start_call(install)
    first.waits_for(writer)
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "20ms")
    with pytest.raises(PgcacheError, match="another pgcache migrate is running"):
        install(second.conn)
    writer.commit()
    first.finish()
    bare_stage.home.expect(everyday=1024, june=41, year=81)


@pytest.mark.parametrize("level", FROZEN_LEVELS)
@pytest.mark.parametrize("account", ["everyday", "savings"])
def test_a_snapshot_from_before_the_installation_counts_or_fails(bare_stage: Stage, account: str, level: str) -> None:
    """The backfill has changed everyday, but not the savings."""
    writer = bare_stage.session()
    writer.begin(level)
    install(bare_stage.home.conn)
    ids = bare_stage.ids
    spending = {"account": ids[account], "category": ids["rest"], "amount": 1, "date": "2025-06-02"}
    try:
        writer.run(SPEND, **spending)
        writer.commit()
    except psycopg.errors.SerializationFailure:
        writer.rollback()
    bare_stage.home.exact()


@pytest.mark.parametrize("level", FROZEN_LEVELS)
def test_a_writer_from_before_the_installation_does_not_miss_a_mapping(bare_stage: Stage, level: str) -> None:
    """The category has no rows yet, and the account no drift: there is nothing else that it could fail on."""
    writer = bare_stage.session()
    writer.begin(level)
    install(bare_stage.home.conn)
    bare_stage.home.run("INSERT INTO budget_category (budget_id, category_id) VALUES (%(june)s, %(rest)s)")
    ids = bare_stage.ids
    with pytest.raises(psycopg.errors.SerializationFailure):
        writer.run(SPEND, account=ids["savings"], category=ids["rest"], amount=1, date="2025-06-02")
    writer.rollback()
    bare_stage.home.expect()


@pytest.mark.parametrize("level", FROZEN_LEVELS)
def test_a_mapper_from_before_the_installation_fails(bare_stage: Stage, level: str) -> None:
    """It could tell no writer of its change; the budget has no drift that the backfill changes."""
    mapper = bare_stage.session()
    bare_stage.home.run(
        "INSERT INTO budget (name, period_start, period_end) VALUES ('Idle', '2024-01-01', '2024-01-31')"
    )
    mapper.begin(level)
    install(bare_stage.home.conn)
    with pytest.raises(psycopg.errors.SerializationFailure):
        mapper.run(
            "INSERT INTO budget_category (budget_id, category_id) SELECT id, %(rest)s FROM budget WHERE name = 'Idle'"
        )
    mapper.rollback()
    bare_stage.home.expect()


def test_a_changed_declaration_waits_for_writers_and_makes_none_fail(stage: Stage) -> None:
    """Writers come to the source first and to the target after it, and so must the locks of migrate."""
    holder, migrator, writer = stage.sessions(3)
    holder.begin()
    holder.run("UPDATE account SET name = 'Joint' WHERE id = %(savings)s")
    migrator.start_call(lambda conn: migrate.migrate(conn, counting_deleted()))
    migrator.waits_for(holder)
    writer.start(SPEND, account=stage.ids["everyday"], category=stage.ids["food"], amount=1, date="2025-06-02")
    writer.waits_for(migrator)
    holder.commit()
    writer.finish()
    migrator.finish()
    assert stage.home.balance(stage.ids["everyday"]) == 1025 - 60 - 1


def test_a_backfill_waits_for_a_pass_that_read_the_drift_by_the_old_declaration(stage: Stage) -> None:
    reconciler, migrator = stage.sessions(2)
    stage.home.corrupt("UPDATE account SET cached_balance = 0")
    queries.value(reconciler.conn, "pass_lock", "account_balance", False)
    reconciler.run("SELECT pgcache.reconcile_begin(1000, 'account_balance', 'reconcile')")
    migrator.start_call(lambda conn: migrate.migrate(conn, counting_deleted()))
    migrator.waits_for(reconciler)
    reconciler.run("SELECT pgcache.reconcile_step(1000, 'account_balance', 1000)")
    queries.value(reconciler.conn, "pass_unlock", "account_balance")
    migrator.finish()
    assert stage.home.balance(stage.ids["everyday"]) == 1025 - 60


def pruning(conn: psycopg.Connection[Any]) -> object:
    """Drop the cache of the budgets."""
    first = DECLARATION[: DECLARATION.index('[[cache]]\nname = "budget_consumption"')]
    return migrate.migrate(conn, config.loads(first, "pgcache.toml"), prune=True)


@pytest.mark.parametrize("removing", [pruning, migrate.uninstall])
def test_triggers_go_when_no_writer_is_under_way_and_make_none_fail(
    stage: Stage, removing: Callable[[psycopg.Connection[Any]], object]
) -> None:
    holder, remover, writer = stage.sessions(3)
    holder.begin()
    holder.run("UPDATE budget SET name = 'Eat' WHERE id = %(june)s")
    remover.start_call(removing)
    remover.waits_for(holder)
    writer.start(SPEND, account=stage.ids["everyday"], category=stage.ids["food"], amount=1, date="2025-06-02")
    writer.waits_for(remover)
    holder.commit()
    writer.finish()
    remover.finish()
    assert stage.home.value("SELECT count(*) FROM pg_trigger WHERE tgname ~ 'pgcache_budget'") == 0

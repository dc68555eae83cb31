"""What runs beside a migration that switches the mode waits for it, and goes on with what that left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest

from pgcache import config, migrate, presets
from pgcache.model import Declaration, Mode
from tests.concurrency.stage import FROZEN_LEVELS, SPEND, Stage
from tests.integration.finance.household import migrate_finance
from tests.support import wait_for_lock

OF_FINANCE = (
    "SELECT pgcache.fold('account_balance')",
    "SELECT pgcache.recompute('account_balance', %(everyday)s::text)",
    "SELECT recompute_account_balance(%(everyday)s)",
    "SELECT recompute_budget_consumption(%(june)s)",
    "SELECT recompute_budget_consumption(%(june)s, '2025-06-01', '2025-06-30')",
    "SELECT recompute_budget_consumption(%(june)s, '2025-05-01', '2025-05-31')",
    "SELECT rollover_budgets('2026-01-01')",
    "SELECT pgcache.compare('account_balance')",
    "SELECT pgcache.compare('budget_consumption')",
    "SELECT pgcache.compare_keys('account_balance', ARRAY[jsonb_build_object('id', %(everyday)s::text)])",
    "SELECT pgcache.reconcile('account_balance')",
    "SELECT pgcache.refresh('account_balance')",
    "SELECT pgcache.count_pending('account_balance')",
    "SELECT pgcache.status()",
    "SELECT pgcache.metrics()",
    "SELECT * FROM pgcache.account_balance",
    "SELECT pgcache.account_balance(%(everyday)s)",
)

OF_MONTHLY = (
    "SELECT pgcache.fold('account_month')",
    "SELECT pgcache.recompute('account_month', %(everyday)s::text, '2025-06-01')",
    "SELECT rebuild_monthly_balance(%(everyday)s, '2025-06-01')",
    "SELECT pgcache.compare('account_month')",
    "SELECT pgcache.reconcile('account_month')",
    "SELECT pgcache.status()",
    "SELECT * FROM pgcache.account_month",
    "SELECT * FROM monthly_account_balance",
    "SELECT get_monthly_balance(%(everyday)s, 2025, 6)",
    "SELECT net_worth_timeline(2025, 6, 3)",
    "SELECT net_worth_at('2025-06-05')",
)


Change = Callable[[Declaration], Declaration]


def immediate(declaration: Declaration) -> Declaration:
    return replace(declaration, caches=tuple(replace(cache, mode="immediate") for cache in declaration.caches))


def another_measure(declaration: Declaration) -> Declaration:
    """For which the table of pending deltas, and with it every function, is made anew."""
    (months,) = declaration.caches
    (source,) = months.sources
    values = replace(source, values=(*source.values, ("unpaid", "CASE WHEN status <> 'paid' THEN amount END")))
    return replace(declaration, caches=(replace(months, mode="nowait", sources=(values,)),))


def spend_beside_a_holder(stage: Stage, holding: str) -> None:
    """Leave a delta pending."""
    holder, writer = stage.sessions(2)
    holder.begin()
    holder.run(holding)
    writer.run(SPEND, account=stage.ids["everyday"], category=stage.ids["food"], amount=1, date="2025-06-02")
    holder.rollback()


@pytest.mark.parametrize("query", OF_FINANCE)
def test_what_runs_beside_a_switch_to_immediate(nowait_stage: Stage, query: str) -> None:
    spend_beside_a_holder(nowait_stage, "UPDATE account SET name = name")
    client = nowait_stage.session()
    with psycopg.connect(nowait_stage.dsn) as migrator:
        migrate_finance(migrator, "immediate")
        client.start(query)
        wait_for_lock(nowait_stage.home.conn, client.pid)
        migrator.commit()
    client.finish()
    if "rollover" not in query:
        nowait_stage.home.expect(everyday=1024, june=41, year=81)


@pytest.mark.parametrize("change", [immediate, another_measure])
@pytest.mark.parametrize("query", OF_MONTHLY)
def test_what_runs_beside_a_change_of_the_months(monthly_stage: Stage, query: str, change: Change) -> None:
    client = monthly_stage.session()
    client.run(SPEND, account=monthly_stage.ids["everyday"], category=None, amount=1, date="2025-06-01")
    spend_beside_a_holder(monthly_stage, "UPDATE account_month SET entries = entries")
    with psycopg.connect(monthly_stage.dsn) as migrator:
        migrate.migrate(migrator, change(config.loads(presets.declaration(["monthly"]), "pgcache.toml")))
        client.start(query)
        wait_for_lock(monthly_stage.home.conn, client.pid)
        migrator.commit()
    client.finish()
    assert client.run("SELECT entries, actual_change FROM account_month") == [(2, -2)]
    assert client.run("SELECT pgcache.compare('account_month')") == []


@pytest.mark.parametrize("level", FROZEN_LEVELS)
def test_a_comparison_from_before_a_switch_to_immediate_fails(nowait_stage: Stage, level: str) -> None:
    """Its snapshot shows the column without what was pending, which is gone: it would find a drift that is none."""
    spend_beside_a_holder(nowait_stage, "UPDATE account SET name = name")
    reader = nowait_stage.session()
    reader.begin(level)
    with psycopg.connect(nowait_stage.dsn, autocommit=True) as migrator:
        migrate_finance(migrator, "immediate")
    with pytest.raises(psycopg.errors.SerializationFailure):
        reader.run("SELECT pgcache.compare('account_balance')")
    reader.rollback()
    assert reader.run("SELECT pgcache.compare('account_balance')") == []


@pytest.mark.parametrize(("before", "after"), [("nowait", "immediate"), ("immediate", "nowait")])
def test_a_switch_waits_for_a_comparison_that_has_begun(nowait_stage: Stage, before: Mode, after: Mode) -> None:
    """It has looked up how to compare, and not read yet."""
    migrate_finance(nowait_stage.home.conn, before)
    reader, migrator, writer = nowait_stage.sessions(3)
    reader.begin()
    reader.run("SELECT pgcache.hold_declaration('account_balance')")
    migrator.start_call(lambda conn: migrate_finance(conn, after))
    migrator.waits_for(reader)
    writer.run(SPEND, account=writer.home.ids["everyday"], category=None, amount=1, date="2025-06-02")
    assert reader.run("SELECT mode FROM pgcache.cache WHERE name = 'account_balance'") == [(before,)]
    assert reader.run("SELECT * FROM pgcache.account_balance_compare()") == []
    reader.commit()
    migrator.finish()
    nowait_stage.home.expect(everyday=1024)

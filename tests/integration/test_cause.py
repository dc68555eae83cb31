"""The cause of a drift: each that is told apart, told after the drift was corrected, and no more told than is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from pgcache.cause import Cause, explain
from pgcache.config import load, loads
from pgcache.errors import PgcacheError
from pgcache.migrate import migrate
from pgcache.reconcile import Policy, reconcile
from pgcache.resources import path
from tests.conftest import Clone, Databases
from tests.integration.finance.household import Household, migrate_finance

CACHE = "account_balance"
SPENT = "INSERT INTO transaction (account_id, flow_type, amount) VALUES (%(everyday)s, 'outcome', 7)"
TRIGGER = "pgcache_account_balance_s1_insert"


def _build(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        migrate_finance(conn)


@pytest.fixture
def home(clone: Clone) -> Any:
    """The household, which a run has found exact."""
    with psycopg.connect(clone("finance", _build), autocommit=True) as conn:
        household = Household(conn)
        found(household, 0)
        yield household


def found(home: Household, drifted: int = 1) -> Cause | None:
    """Reconcile, which corrects what it finds, and give the cause of it."""
    (result,) = reconcile(home.conn, [CACHE]).caches
    assert result.drifted == drifted
    return explain(home.conn, home.value("SELECT max(id) FROM pgcache.drift")) if drifted else None


def verdict(home: Household) -> tuple[str, str]:
    cause = found(home)
    assert cause
    return cause.verdict.cause, cause.verdict.certainty


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        (SPENT, ("rows loaded past the triggers", "certain")),
        (f"{SPENT}, (%(everyday)s, 'income', 50)", ("rows loaded past the triggers", "certain")),
        (
            "UPDATE transaction SET amount = 1000.01 WHERE id = %(salary)s",
            ("rows changed past the triggers", "certain"),
        ),
        ("DELETE FROM transaction WHERE id = %(salary)s", ("rows changed past the triggers", "certain")),
        (
            "UPDATE account SET cached_balance = cached_balance + 7 WHERE id = %(everyday)s",
            ("value was written by hand", "likely"),
        ),
        ("TRUNCATE transaction", ("table was emptied or rewritten past the triggers", "certain")),
    ],
)
def test_past_the_triggers(home: Household, past: str, expected: tuple[str, str]) -> None:
    home.corrupt(past)
    assert verdict(home) == expected


def test_several_loads_that_make_up_the_drift_together(home: Household) -> None:
    home.corrupt(SPENT)
    home.corrupt(SPENT)
    cause = found(home)
    assert cause
    assert cause.verdict.cause == "rows loaded past the triggers"
    assert [(row["rows"], row["added"]) for row in cause.transactions] == [(1, -7), (1, -7)]
    assert {row["content"]["amount"] for row in cause.rows} == {7}


def test_one_load_among_writers(home: Household) -> None:
    """The target row was written since by others, so that it is no longer for certain."""
    home.run(SPENT)
    home.corrupt(SPENT.replace("7)", "3)"))
    home.run(SPENT)
    cause = found(home)
    assert cause
    assert (cause.verdict.cause, cause.verdict.certainty) == ("rows loaded past the triggers", "likely")
    assert "the 1 row(s) of transaction that transaction " in cause.verdict.reason
    assert len(cause.transactions) == 3


def test_writers_and_a_value_by_hand_cannot_be_told_apart(home: Household) -> None:
    home.run(SPENT)
    home.corrupt("UPDATE account SET cached_balance = cached_balance + 5 WHERE id = %(everyday)s")
    assert verdict(home) == ("unknown", "unknown")


@pytest.mark.parametrize(
    ("damage", "state"),
    [
        (f"ALTER TABLE transaction DISABLE TRIGGER {TRIGGER}", "disabled"),
        (f"ALTER TABLE transaction ENABLE REPLICA TRIGGER {TRIGGER}", "enabled for replicas alone"),
        (f"DROP TRIGGER {TRIGGER} ON transaction", "missing"),
    ],
)
def test_a_trigger_that_is_damaged(home: Household, damage: str, state: str) -> None:
    home.run(damage)
    home.run(SPENT)
    cause = found(home)
    assert cause
    assert (cause.verdict.cause, cause.verdict.certainty) == ("trigger was disabled", "likely")
    assert cause.verdict.reason == f'when it was found, trigger {TRIGGER} on "public"."transaction" was {state}'
    assert any(
        line.startswith(f'now, trigger {TRIGGER} on "public"."transaction" is {state}') for line in cause.evidence
    )


def test_a_function_that_was_replaced(home: Household) -> None:
    home.run(
        "CREATE OR REPLACE FUNCTION pgcache.account_balance_s1_insert() RETURNS trigger LANGUAGE plpgsql "
        "AS 'BEGIN RETURN NULL; END'"
    )
    home.run(SPENT)
    cause = found(home)
    assert cause
    assert cause.verdict.cause == "trigger was disabled"
    assert 'function "pgcache"."account_balance_s1_insert"() was replaced' in cause.verdict.reason


def test_a_trigger_that_was_disabled_for_a_while(home: Household) -> None:
    home.run(f"ALTER TABLE transaction DISABLE TRIGGER {TRIGGER}")
    home.run(SPENT)
    home.run(f"ALTER TABLE transaction ENABLE TRIGGER {TRIGGER}")
    cause = found(home)
    assert cause
    assert (cause.verdict.cause, cause.verdict.certainty) == ("trigger was disabled", "likely")
    assert "was altered and put back" in cause.verdict.reason
    # What was altered before a clean run is no cause of what came after it.
    found(home, 0)
    home.corrupt("UPDATE account SET cached_balance = cached_balance + 7 WHERE id = %(everyday)s")
    assert verdict(home) == ("value was written by hand", "likely")


def test_a_trigger_that_migrate_mended(home: Household) -> None:
    """What the mending backfill corrects is logged, with what was mended."""
    said: list[str] = []
    home.run(f"ALTER TABLE transaction DISABLE TRIGGER {TRIGGER}")
    home.run(SPENT)
    migrate(home.conn, load(path("sql", "presets", "finance", "pgcache.toml")), say=said.append)
    label = f'trigger {TRIGGER} on "public"."transaction" was disabled'
    assert said[-1] == f"1 key(s) of cache {CACHE} had drifted while {label}; see pgcache drift list"
    cause = explain(home.conn, home.value("SELECT max(id) FROM pgcache.drift"))
    assert cause.drift["status"] == "corrected"
    assert (cause.verdict.cause, cause.verdict.reason) == ("trigger was disabled", f"until migrate mended it, {label}")
    assert home.value("SELECT mended IS NULL FROM pgcache.cache WHERE name = %(cache)s", cache=CACHE)
    home.expect(everyday=1018)


def test_a_changed_declaration_is_no_drift(home: Household) -> None:
    home.run(f"ALTER TABLE transaction DISABLE TRIGGER {TRIGGER}")
    text = path("sql", "presets", "finance", "pgcache.toml").read_text()
    changed = text.replace("CASE flow_type WHEN 'income' THEN amount", "CASE flow_type WHEN 'income' THEN 2 * amount")
    assert changed != text
    migrate(home.conn, loads(changed, "pgcache.toml"))
    assert home.value("SELECT count(*) FROM pgcache.drift") == 0


def test_a_value_that_the_guard_has_logged(home: Household) -> None:
    text = path("sql", "presets", "finance", "pgcache.toml").read_text()
    migrate(
        home.conn,
        loads(text.replace('guard  = "ignore"', 'guard  = "log"').replace('guard = "ignore"', 'guard = "log"'), "f"),
    )
    found(home, 0)
    home.run("SET application_name = 'till'")
    home.run("UPDATE account SET cached_balance = 1 WHERE id = %(everyday)s")
    home.run("UPDATE account SET cached_balance = 2 WHERE id = %(everyday)s")
    cause = found(home)
    assert cause
    assert (cause.verdict.cause, cause.verdict.certainty) == ("value was written by hand", "certain")
    assert cause.verdict.reason == f"{home.conn.info.user} with till wrote just what is off"
    assert [(row["cached"], row["written"]) for row in cause.writes] == [(1025, 1), (1, 2)]


def test_a_database_that_was_copied(home: Household, databases: Databases) -> None:
    home.run("UPDATE transaction SET amount = amount")
    name = home.conn.info.dbname
    home.conn.close()
    copy = databases.create(name)
    try:
        with psycopg.connect(databases.server.dsn(copy), autocommit=True) as conn:
            with conn.transaction():
                conn.execute("SET LOCAL session_replication_role = replica")
                conn.execute("UPDATE account SET cached_balance = cached_balance + 1 WHERE name = 'Savings'")
            reconcile(conn, [CACHE])
            cause = explain(conn, 1)
            assert cause.verdict.cause == "unknown"
            assert cause.verdict.reason.startswith("the database was restored or copied since the last clean run")
            assert cause.transactions == []
    finally:
        databases.drop(copy)


def test_the_first_run_and_the_last_clean_one(home: Household) -> None:
    home.corrupt(SPENT)
    clean = home.value("SELECT max(id) FROM pgcache.run")
    first, _, last = (reconcile(home.conn, [CACHE], Policy(action="review")).run_id for _ in range(3))
    home.run(SPENT)
    home.run(SPENT)
    cause = explain(home.conn, 1)
    assert len(cause.transactions) == 1  # what came later is no cause
    home.run("UPDATE pgcache.run SET finished_at = NULL WHERE id = %(id)s", id=clean)
    interrupted = explain(home.conn, 1).last_clean
    assert interrupted is None or interrupted["id"] < clean
    assert cause.first_run
    assert cause.last_clean
    assert (cause.last_clean["id"], cause.first_run["id"]) == (clean, first)
    assert cause.drift["run_id"] == last
    assert cause.verdict.cause == "rows loaded past the triggers"


@pytest.mark.parametrize("mode", ["nowait", "deferred"])
def test_a_target_row_tells_nothing_where_its_writers_leave_it_for_later(home: Household, mode: str) -> None:
    home.corrupt("DELETE FROM transaction WHERE id = %(salary)s")
    found(home)
    home.run("UPDATE pgcache.cache SET mode = %(mode)s", mode=mode)
    cause = explain(home.conn, 1)
    assert (cause.verdict.cause, cause.verdict.certainty) == ("unknown", "unknown")
    assert not any("target row" in line for line in cause.evidence)


def test_a_run_that_left_another_drift_is_not_clean(home: Household) -> None:
    clean = home.value("SELECT max(id) FROM pgcache.run")
    home.corrupt(SPENT)
    reconcile(home.conn, [CACHE], Policy(action="review"))
    home.run("SELECT pgcache.reject(1)")
    home.corrupt(SPENT)
    again = reconcile(home.conn, [CACHE], Policy(action="review"))
    cause = explain(home.conn, home.value("SELECT max(id) FROM pgcache.drift WHERE drift = -14"))
    assert cause.first_run
    assert cause.last_clean
    assert (cause.last_clean["id"], cause.first_run["id"]) == (clean, again.run_id)
    assert cause.verdict.reason.startswith("the 2 row(s) of transaction")


def test_without_a_clean_run(home: Household) -> None:
    home.run("DELETE FROM pgcache.run")
    home.corrupt(SPENT)
    cause = found(home)
    assert cause
    assert (cause.last_clean, cause.verdict.cause) == (None, "unknown")
    assert "no run is known that found the key exact before" in cause.evidence
    assert cause.rows[0]["content"]["amount"] == 7


def test_after_the_cache_was_removed(home: Household) -> None:
    home.corrupt(SPENT)
    found(home)
    home.run("DELETE FROM pgcache.cache WHERE name = %(cache)s", cache=CACHE)
    cause = explain(home.conn, 1)
    assert (cause.verdict.cause, cause.rows) == ("unknown", [])


def test_a_mapping_that_was_changed(home: Household) -> None:
    reconcile(home.conn, ["budget_consumption"])
    home.corrupt("INSERT INTO budget_category (budget_id, category_id) VALUES (%(june)s, %(fun)s)")
    reconcile(home.conn, ["budget_consumption"])
    cause = explain(home.conn, 1)
    assert (cause.verdict.cause, cause.verdict.certainty) == ("rows loaded past the triggers", "certain")


def test_rows_that_may_not_be_read(home: Household) -> None:
    home.corrupt(SPENT)
    found(home)
    with home.conn.transaction(force_rollback=True):
        home.run("CREATE ROLE reader")
        home.run("GRANT USAGE ON SCHEMA pgcache TO reader")
        home.run("GRANT SELECT ON ALL TABLES IN SCHEMA pgcache TO reader")
        home.run("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pgcache TO reader")
        home.run("SET LOCAL ROLE reader")
        cause = explain(home.conn, 1)
        assert (cause.verdict.cause, cause.rows) == ("rows changed past the triggers", [])
        assert "the rows cannot be read: permission denied for table account" in cause.evidence


def test_what_is_not_there(home: Household) -> None:
    with pytest.raises(PgcacheError, match="no drift has the id 5; see pgcache drift list"):
        explain(home.conn, 5)


PARTITIONED = """
CREATE TABLE account (id integer PRIMARY KEY, balance numeric NOT NULL DEFAULT 0);
CREATE TABLE entry (account integer REFERENCES account, amount numeric, day date) PARTITION BY RANGE (day);
CREATE TABLE entry_2024 PARTITION OF entry FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE INDEX ON entry (account);
INSERT INTO account VALUES (1);
"""
DECLARATION = """
version = 1
[[cache]]
name = "balance"
target = "account"
key = ["id"]
triggers = "%s"
  [[cache.source]]
  table = "entry"
  key = ["account"]
  values = { balance = "amount" }
"""


@pytest.mark.parametrize("triggers", ["statement", "row"])
@pytest.mark.parametrize("covered", [True, False])
def test_a_partition_that_came_later(conn: psycopg.Connection[Any], triggers: str, covered: bool) -> None:
    conn.execute(PARTITIONED.encode())
    declaration = loads(DECLARATION % triggers, "pgcache.toml")
    migrate(conn, declaration)
    conn.execute("CREATE TABLE entry_2025 (LIKE entry)")
    conn.execute("INSERT INTO entry_2025 VALUES (1, 9, '2025-05-05')")
    conn.execute("ALTER TABLE entry ATTACH PARTITION entry_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')")
    evidence = conn.execute("SELECT pgcache.witness('balance') -> 'objects'").fetchone()
    without = [{"object": "table public.entry_2025", "state": "without triggers"}] if triggers == "statement" else []
    assert evidence == (without,)
    if covered:
        migrate(conn, declaration)
        assert conn.execute("SELECT pgcache.witness('balance') -> 'objects'").fetchone() == ([],)
    else:
        reconcile(conn, ["balance"])
        cause = explain(conn, 1)
        assert (cause.verdict.cause == "trigger was disabled") is (triggers == "statement")
        assert cause.verdict.certainty != "unknown"


def test_transaction_ids_get_their_epoch(home: Household) -> None:
    full: Callable[[str], Any] = lambda xid: home.value(f"SELECT pgcache.full_xid('{xid}')::text::bigint")  # noqa: E731
    mine = home.value("SELECT pg_current_xact_id()::text::bigint")
    assert full(str(mine)) == mine
    assert home.value("SELECT pgcache.full_xid(pg_current_xact_id()::xid) = pg_current_xact_id()")
    assert full("4294967295") == 4294967295  # of the epoch before, which there is none of yet

"""migrate brings a database to its declaration from wherever it is, and not a step further."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from pgcache import config, resources
from pgcache.config import loads
from pgcache.migrate import migrate, uninstall
from pgcache.model import Declaration
from pgcache.plan import Plan, make_plan
from pgcache.reconcile import caches_of, reconcile
from tests.integration.state import state

Connection = psycopg.Connection[Any]

FINANCE = config.load(resources.path("sql", "presets", "finance", "pgcache.toml"))
BALANCE_ALONE = replace(FINANCE, caches=FINANCE.caches[:1])

TABLES = """
CREATE TABLE shelf (id integer PRIMARY KEY, total integer NOT NULL DEFAULT 0);
CREATE TABLE book (shelf_id integer REFERENCES shelf, pages integer NOT NULL, price integer NOT NULL);
CREATE INDEX ON book (shelf_id);
INSERT INTO shelf VALUES (1), (2);
INSERT INTO book VALUES (1, 300, 20), (1, 200, 30), (2, 100, 10);
"""
SHELF = """
version = 1
[[cache]]
name = "shelf"
target = "shelf"
key = ["id"]
  [[cache.source]]
  table = "book"
  key = ["shelf_id"]
  values = { total = "pages" }
"""


def _finance(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        migrate(conn, FINANCE, with_tables=True)
        conn.execute(resources.sql("presets", "finance", "example.sql").encode())


@pytest.fixture
def finance(clone: Callable[[str, Callable[[str], None]], str]) -> Iterator[Connection]:
    """A database with the finance preset and its example."""
    with psycopg.connect(clone("finance to migrate", _finance), autocommit=True) as conn:
        yield conn


@pytest.fixture
def shelves(conn: Connection) -> Connection:
    """A database with tables whose sums nothing keeps yet."""
    conn.execute(TABLES)
    return conn


def steps(conn: Connection, declaration: Declaration = FINANCE, **options: bool) -> list[str]:
    return [str(step) for step in make_plan(conn, declaration, **options).steps]


def drifted(conn: Connection) -> int:
    return sum(result.drifted for result in reconcile(conn, caches_of(conn), dry_run=True).caches)


def totals(conn: Connection) -> list[tuple[int, int]]:
    return conn.execute("SELECT id, total FROM shelf ORDER BY id").fetchall()


def test_a_new_cache_is_filled_from_the_rows_that_are_there(shelves: Connection) -> None:
    plan = migrate(shelves, loads(SHELF, "pgcache.toml"))
    assert str(plan.steps[-1]) == "backfill cache shelf"
    assert totals(shelves) == [(1, 500), (2, 100)]


def test_a_plan_changes_nothing(finance: Connection, shelves: Connection) -> None:
    for conn, declaration in ((finance, BALANCE_ALONE), (shelves, loads(SHELF, "pgcache.toml"))):
        before = state(conn)
        make_plan(conn, declaration, prune=True)
        assert state(conn) == before


def test_a_plan_with_tables_changes_nothing(conn: Connection) -> None:
    before = state(conn)
    assert steps(conn, with_tables=True)[0].startswith("create tables of finance: public.account, ")
    assert state(conn) == before


@pytest.mark.parametrize("with_tables", [False, True])
def test_a_second_run_changes_nothing(finance: Connection, with_tables: bool) -> None:
    before = state(finance)
    said: list[str] = []
    plan = migrate(finance, FINANCE, with_tables=with_tables, prune=True, say=said.append)
    assert plan == Plan(())
    assert said == []
    assert state(finance) == before


class KilledError(Exception):
    """The process is killed."""


@pytest.mark.parametrize(
    "at",
    [
        "create schema pgcache, revision 0001_state",
        "create function pgcache.object_text",
        "create cache account_balance (",
        "create cache budget_consumption (",
        "backfill cache account_balance",
        "backfill cache budget_consumption",
    ],
)
def test_an_interrupted_run_can_be_run_again(finance: Connection, conn: Connection, at: str) -> None:
    def interrupt(line: str) -> None:
        if line.startswith(at):
            raise KilledError

    with pytest.raises(KilledError):
        migrate(conn, FINANCE, with_tables=True, say=interrupt)
    assert steps(conn, with_tables=True) != []
    migrate(conn, FINANCE, with_tables=True)
    assert steps(conn, with_tables=True) == []

    conn.execute(resources.sql("presets", "finance", "example.sql").encode())
    assert drifted(conn) == 0
    for database in (conn, finance):
        database.execute("TRUNCATE pgcache.run, pgcache.drift")
    assert state(conn, moments=False) == state(finance, moments=False)


def test_what_was_written_between_an_interruption_and_the_next_run_counts(shelves: Connection) -> None:
    def interrupt(line: str) -> None:
        if line.startswith("backfill"):
            raise KilledError

    declaration = loads(SHELF, "pgcache.toml")
    with pytest.raises(KilledError):
        migrate(shelves, declaration, say=interrupt)
    shelves.execute("INSERT INTO book VALUES (2, 7, 1)")
    assert steps(shelves, declaration) == ["backfill cache shelf"]
    migrate(shelves, declaration)
    assert totals(shelves) == [(1, 500), (2, 107)]


CHANGED = "(it was changed in the database)"
MISSING = "(it is missing in the database)"
FUNCTION = 'function "pgcache"."account_balance_s1_insert"()'
TRIGGER = 'trigger pgcache_account_balance_s1_insert on "public"."transaction"'


@pytest.mark.parametrize(
    ("damage", "step"),
    [
        (
            """CREATE OR REPLACE FUNCTION pgcache.account_balance_s1_insert() RETURNS trigger LANGUAGE plpgsql
               AS 'BEGIN RETURN NULL; END'""",
            f"replace {FUNCTION} {CHANGED}",
        ),
        (
            "ALTER FUNCTION pgcache.account_balance_s1_insert() RESET ALL",
            f"replace {FUNCTION} {CHANGED}",
        ),
        (
            "DROP FUNCTION pgcache.account_balance_s1_insert() CASCADE",
            f"create {FUNCTION} {MISSING}",
        ),
        (
            "DROP TRIGGER pgcache_account_balance_s1_insert ON transaction",
            f"create {TRIGGER} {MISSING}",
        ),
        (
            "ALTER TABLE transaction DISABLE TRIGGER pgcache_account_balance_s1_insert",
            f"replace {TRIGGER} {CHANGED}",
        ),
        (
            "ALTER TABLE transaction ENABLE REPLICA TRIGGER pgcache_account_balance_s1_insert",
            f"replace {TRIGGER} {CHANGED}",
        ),
        (
            """DROP TRIGGER pgcache_account_balance_s1_insert ON transaction;
               CREATE TRIGGER pgcache_account_balance_s1_insert AFTER INSERT ON transaction
               FOR EACH STATEMENT EXECUTE FUNCTION pgcache.account_balance_truncate()""",
            f"replace {TRIGGER} {CHANGED}",
        ),
    ],
)
def test_damaged_maintenance_is_noticed_and_mended(finance: Connection, damage: str, step: str) -> None:
    before = state(finance, moments=False)
    finance.execute(damage.encode())
    with finance.transaction():
        finance.execute("SET LOCAL session_replication_role = replica")
        finance.execute("UPDATE account SET cached_balance = cached_balance + 11 WHERE name = 'Savings'")
    planned = steps(finance)
    assert step in planned
    assert planned[-1] == "backfill cache account_balance"

    migrate(finance, FINANCE)
    assert steps(finance) == []
    after = state(finance, moments=False)
    for table in ("run", "drift"):
        del before["rows", f"pgcache.{table}"], after["rows", f"pgcache.{table}"]
    assert after == before


@pytest.mark.parametrize(
    ("damage", "planned"),
    [
        (
            "DROP FUNCTION recompute_account_balance(uuid)",
            [f'create function "public"."recompute_account_balance"(uuid) {MISSING}'],
        ),
        (
            """DROP VIEW pgcache.account_balance;
               CREATE VIEW pgcache.account_balance AS SELECT id, cached_balance FROM account WHERE id IS NULL""",
            [f'replace view "pgcache"."account_balance" {CHANGED}'],
        ),
    ],
)
def test_what_only_reads_is_mended_without_a_backfill(finance: Connection, damage: str, planned: list[str]) -> None:
    before = state(finance, moments=False)
    finance.execute(damage.encode())
    assert [step for step in steps(finance) if not step.startswith("change cache")] == planned
    migrate(finance, FINANCE)
    assert steps(finance) == []
    assert state(finance, moments=False) == before


@pytest.mark.parametrize(
    ("damage", "planned"),
    [
        ("DROP FUNCTION pgcache.status()", f"create function pgcache.status {MISSING}"),
        ("DROP FUNCTION pgcache.object_text(text, text, text)", f"create function pgcache.object_text {MISSING}"),
        ("DROP FUNCTION pgcache.record_object", f"create function pgcache.record_object {MISSING}"),
    ],
)
def test_a_shipped_function_is_mended(finance: Connection, damage: str, planned: str) -> None:
    before = state(finance, moments=False)
    finance.execute(damage.encode())
    assert planned in steps(finance)
    migrate(finance, FINANCE)
    assert steps(finance) == []
    after = state(finance, moments=False)
    del before["rows", "pgcache.run"], after["rows", "pgcache.run"]
    assert after == before


def test_a_replaced_object_shows_what_it_was_and_what_it_will_be(finance: Connection) -> None:
    finance.execute("ALTER TABLE transaction DISABLE TRIGGER pgcache_account_balance_s1_insert")
    (step,) = [step for step in make_plan(finance, FINANCE).steps if step.action == "replace"]
    assert (step.before[:-1], step.before[-1]) == (step.after[:-1], "D")


def test_a_changed_declaration_replaces_what_it_says_and_fills_the_cache_again(shelves: Connection) -> None:
    migrate(shelves, loads(SHELF, "pgcache.toml"))
    prices = loads(SHELF.replace("pages", "price"), "pgcache.toml")
    planned = steps(shelves, prices)
    assert 'replace function "pgcache"."shelf_s1_insert"() (its declaration changed)' in planned
    assert planned[-1] == "backfill cache shelf"
    migrate(shelves, prices)
    assert totals(shelves) == [(1, 50), (2, 10)]
    shelves.execute("INSERT INTO book VALUES (2, 7, 5)")
    assert totals(shelves) == [(1, 50), (2, 15)]
    assert steps(shelves, prices) == []


def test_a_changed_policy_needs_no_backfill(shelves: Connection) -> None:
    migrate(shelves, loads(SHELF, "pgcache.toml"))
    alert = loads(SHELF + '[cache.drift]\nthreshold = "2"\naction = "alert"\n', "pgcache.toml")
    assert steps(shelves, alert) == ["change cache shelf (pgcache.toml:3)"]
    migrate(shelves, alert)
    assert steps(shelves, alert) == []
    row = shelves.execute("SELECT threshold, action FROM pgcache.cache").fetchone()
    assert row == (Decimal(2), "alert")


def test_a_source_that_is_gone_takes_its_triggers_along(shelves: Connection) -> None:
    two = SHELF + '  [[cache.source]]\n  table = "magazine"\n  key = ["shelf_id"]\n  values = { total = "pages" }\n'
    shelves.execute(
        "CREATE TABLE magazine (shelf_id integer REFERENCES shelf, pages integer); CREATE INDEX ON magazine (shelf_id);"
        "INSERT INTO magazine VALUES (2, 40)"
    )
    migrate(shelves, loads(two, "pgcache.toml"))
    assert totals(shelves) == [(1, 500), (2, 140)]
    migrate(shelves, loads(SHELF, "pgcache.toml"))
    assert totals(shelves) == [(1, 500), (2, 100)]
    shelves.execute("INSERT INTO magazine VALUES (2, 1)")
    assert totals(shelves) == [(1, 500), (2, 100)]
    assert steps(shelves, loads(SHELF, "pgcache.toml")) == []
    left = shelves.execute(
        "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'magazine'::regclass AND NOT tgisinternal"
    ).fetchone()
    assert left == (0,)


def test_a_trigger_whose_function_has_another_name_now(finance: Connection) -> None:
    """As after an upgrade of pgcache: the old function can go once the trigger calls the new one."""
    finance.execute("ALTER FUNCTION pgcache.account_balance_gone() RENAME TO account_balance_forget")
    finance.execute(
        """UPDATE pgcache.object
              SET name = replace(name, '_gone"', '_forget"'), declared = replace(declared, '_gone"()', '_forget"()')
            WHERE cache = 'account_balance' AND (kind = 'function' OR name = '~pgcache_account_balance_gone')"""
    )
    finance.execute("UPDATE pgcache.object SET installed = pgcache.object_text(kind, name, relation)")
    plan = migrate(finance, FINANCE)
    assert [str(step) for step in plan.steps if step.action not in ("change", "backfill")] == [
        'create function "pgcache"."account_balance_gone"()',
        'replace trigger ~pgcache_account_balance_gone on "public"."account" (its declaration changed)',
        'drop function "pgcache"."account_balance_forget"()',
    ]
    assert make_plan(finance, FINANCE).empty
    assert finance.execute("SELECT FROM pg_proc WHERE proname = 'account_balance_forget'").rowcount == 0


def test_an_undeclared_cache_is_reported_and_left_alone(finance: Connection) -> None:
    before = state(finance)
    plan = migrate(finance, BALANCE_ALONE)
    assert plan.undeclared == ("budget_consumption",)
    assert plan.empty
    assert state(finance) == before


def test_an_undeclared_cache_is_pruned_on_request(finance: Connection) -> None:
    consumption = finance.execute("SELECT name, cached_consumption FROM budget ORDER BY name").fetchall()
    plan = migrate(finance, BALANCE_ALONE, prune=True)
    assert str(plan.steps[-1]) == "drop cache budget_consumption (it is not declared)"
    assert {step.action for step in plan.steps} == {"drop"}
    left = [
        name for name in map(" ".join, state(finance)) if "budget_consumption" in name or "rollover_budgets" in name
    ]
    assert left == []
    assert caches_of(finance) == ("account_balance",)
    assert finance.execute("SELECT name, cached_consumption FROM budget ORDER BY name").fetchall() == consumption
    assert migrate(finance, BALANCE_ALONE, prune=True).empty

    migrate(finance, FINANCE)
    assert drifted(finance) == 0


def test_uninstall_leaves_the_tables_as_they_were(conn: Connection) -> None:
    tables = resources.sql("presets", "finance", "tables.sql").encode()
    conn.execute(tables)
    before = state(conn)
    migrate(conn, FINANCE)
    uninstall(conn)
    assert state(conn) == before
    query = """
        SELECT nspname::text FROM pg_namespace WHERE nspname LIKE '%pgcache%'
        UNION ALL SELECT relname FROM pg_class WHERE relname LIKE '%pgcache%'
        UNION ALL SELECT proname FROM pg_proc WHERE prosrc LIKE '%pgcache%' AND oid > 16383
        UNION ALL SELECT tgname FROM pg_trigger WHERE tgname LIKE '%pgcache%'
    """
    assert conn.execute(query.encode()).fetchall() == []


def test_uninstall_keeps_the_values(finance: Connection) -> None:
    balances = finance.execute("SELECT id, cached_balance FROM account ORDER BY id").fetchall()
    uninstall(finance)
    assert finance.execute("SELECT id, cached_balance FROM account ORDER BY id").fetchall() == balances
    migrate(finance, FINANCE)
    assert drifted(finance) == 0

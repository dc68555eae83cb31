"""pgcache plan and migrate: what they print, where, and how they end."""

from __future__ import annotations

import re

import pytest

from pgcache import resources
from tests.integration.cli.pgcache import Pgcache
from tests.integration.state import state


def test_a_plan_for_an_empty_database_lists_everything(pgcache: Pgcache) -> None:
    pgcache("init", "finance")
    outcome = pgcache("plan", "--with-tables", code=3)
    lines = outcome.stdout.splitlines()
    assert lines[0].startswith("create tables of finance: public.account, ")
    assert lines[1] == "create schema pgcache, revision 0001_state"
    assert 'create function "public"."recompute_account_balance"(uuid)' in lines
    assert lines[-2:] == ["backfill cache account_balance", "backfill cache budget_consumption"]
    assert outcome.stderr == f"{len(lines)} to do; run pgcache migrate.\n"


def test_migrate_does_what_was_planned(pgcache: Pgcache) -> None:
    pgcache("init", "finance")
    planned = pgcache("plan", "--with-tables", code=3).stdout
    outcome = pgcache("migrate", "--with-tables")
    assert outcome.stderr == planned
    assert outcome.stdout == f"Done: {len(planned.splitlines())} steps.\n"


def test_there_is_nothing_to_do_twice(finance: Pgcache) -> None:
    before = state(finance.conn)
    plan = finance("plan")
    assert (plan.stdout, plan.stderr) == ("", "Nothing to do.\n")
    migrate = finance("migrate", "--with-tables")
    assert (migrate.stdout, migrate.stderr) == ("Nothing to do.\n", "")
    assert finance("migrate", "--sql").stdout.endswith("-- Nothing to do.\n")
    assert state(finance.conn) == before


def test_a_plan_as_json(finance: Pgcache) -> None:
    assert finance("plan", "--json").json == {"steps": [], "warnings": [], "undeclared": []}
    finance.conn.execute("DROP TRIGGER pgcache_account_balance_s1_insert ON transaction")
    outcome = finance("plan", "--json", code=3)
    assert {
        "action": "create",
        "object": 'trigger pgcache_account_balance_s1_insert on "public"."transaction"',
        "reason": "it is missing in the database",
    } in outcome.json["steps"]


def test_what_was_changed_by_hand_is_shown_as_a_difference(finance: Pgcache) -> None:
    finance.conn.execute("ALTER FUNCTION pgcache.account_balance_s1_insert() SET work_mem = '1GB'")
    outcome = finance("plan", code=3)
    assert "    - SET work_mem TO '1GB'" in outcome.stdout.splitlines()
    changes = [line for line in outcome.stdout.splitlines() if re.match(r"    [-+]", line)]
    assert changes == ["    - SET work_mem TO '1GB'"]


def test_what_the_declaration_changes_is_shown_as_a_difference(finance: Pgcache) -> None:
    declared = resources.sql("presets", "finance", "pgcache.toml")
    finance.declare(declared.replace('guard = "ignore"', 'guard = "reject"'))
    lines = finance("plan", code=3).stdout.splitlines()
    assert 'replace function "pgcache"."account_balance_target"() (its declaration changed)' in lines
    assert "    -        CASE 'ignore'" in lines
    assert "    +        CASE 'reject'" in lines


def test_a_cache_that_is_no_longer_declared(finance: Pgcache) -> None:
    declared = resources.sql("presets", "finance", "pgcache.toml")
    finance.declare(declared[: declared.index("# ---- budget.cached_consumption")])
    note = "The cache budget_consumption is installed but not declared, and is left alone; --prune drops it.\n"

    outcome = finance("plan")
    assert (outcome.stdout, outcome.stderr) == ("", note + "Nothing to do.\n")
    assert finance("plan", "--json").json["undeclared"] == ["budget_consumption"]
    outcome = finance("migrate")
    assert (outcome.stdout, outcome.stderr) == ("Nothing to do.\n", note)

    planned = finance("plan", "--prune", code=3).stdout
    assert planned.splitlines()[-1] == "drop cache budget_consumption (it is not declared)"
    assert finance("migrate", "--prune").stderr == planned
    assert finance("plan", "--prune").stdout == ""


def test_a_warning_says_which_index_to_create(finance: Pgcache) -> None:
    finance.conn.execute("DROP INDEX transaction_category_id_date_idx")
    warning = (
        "Warning: pgcache.toml:65: cache 'budget_consumption': public.transaction has no index on "
        '("category_id"), so a recompute reads the whole table; '
        'run CREATE INDEX CONCURRENTLY ON "public"."transaction" ("category_id")\n'
    )
    assert finance("plan").stderr == warning + "Nothing to do.\n"
    assert finance("migrate").stderr == warning
    finance.conn.execute(warning.partition("run ")[2].encode())
    assert finance("plan").stderr == "Nothing to do.\n"


@pytest.mark.parametrize("command", ["plan", "migrate"])
def test_tables_need_a_preset(pgcache: Pgcache, command: str) -> None:
    declared = resources.sql("presets", "finance", "pgcache.toml")
    pgcache.declare(declared.replace("presets =", "# presets ="))
    outcome = pgcache(command, "--with-tables", code=2)
    assert outcome.error == (
        "pgcache.toml:1: --with-tables creates the tables of a preset, but none is named; "
        'add presets = ["finance"], or leave the option out'
    )


def test_a_check_of_a_measure_that_writers_append_past(finance: Pgcache) -> None:
    finance.conn.execute("ALTER TABLE account ADD CONSTRAINT solvent CHECK (cached_balance > -1000000)")
    finance.conn.execute("ALTER TABLE account ADD CONSTRAINT named CHECK (name <> '')")
    assert "solvent" not in finance("plan").stderr
    declaration = finance.directory / "pgcache.toml"
    declaration.write_text(declaration.read_text().replace('mode = "immediate"', 'mode = "nowait"'))
    warning = finance("plan", code=3).stderr
    assert "solvent of public.account does not check a delta that is appended" in warning
    assert 'run ALTER TABLE "public"."account" DROP CONSTRAINT solvent' in warning
    assert "named" not in warning

"""Migrations: the first fill, changed queries, other modes, removal."""

from __future__ import annotations

import textwrap
from typing import Any

import psycopg
import pytest

from pgcache import config, migrate, refresh
from pgcache.contrib.alembic.operations import normalized
from pgcache.doctor import examine
from pgcache.offline import apply_script
from pgcache.plan import make_plan
from tests.integration.deferred.office import DEBTS, QUERY, Office, declaration
from tests.integration.state import state

SUMS = (
    (QUERY, ""),
    ("query = ''''''\n", ""),
    (', expires = "changes_on"', ""),
    ('  table = "payment"', '  table = "payment"\n  values = { owed = "-amount" }'),
    ('  table = "line"', '  table = "line"\n  values = { owed = "amount", lines = "1" }'),
)
"""What makes a cache of the office add its sources up."""
IMMEDIATE = (
    ('mode = "deferred"', 'mode = "immediate"'),
    ('refresh = { every = "2 minutes" }', ""),
)


def owed(conn: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return conn.execute("SELECT customer_id, owed, lines FROM debt ORDER BY 1").fetchall()


def test_it_is_filled_with_progress(tables: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "BATCH", 2)
    steps: list[tuple[str, int, int]] = []
    migrate.migrate(tables, declaration(), progress=lambda *step: steps.append(step))
    assert steps == [("debts", 2, 3), ("debts", 3, 3)]
    found = tables.execute("SELECT kind, checked, finished_at IS NOT NULL FROM pgcache.run").fetchall()
    assert found == [("backfill", 3, True)]
    assert tables.execute("SELECT backfilled_at IS NOT NULL FROM pgcache.cache").fetchall() == [(True,)]
    Office(tables).exact()


def test_a_fill_that_is_interrupted_goes_on(tables: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "BATCH", 2)

    def interrupt(cache: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate.migrate(tables, declaration(), progress=interrupt)
    assert tables.execute("SELECT count(*) FROM debt").fetchall() == [(2,)]
    plan = migrate.migrate(tables, declaration())
    assert [str(step) for step in plan.steps] == ["backfill cache debts"]
    Office(tables).exact()


def test_a_second_migration_changes_nothing(office: Office) -> None:
    assert make_plan(office.conn, declaration()).empty
    assert examine(office.conn, declaration()) == []


def test_the_doctor_tells_of_marks_that_no_refresh_takes_and_of_keys_that_fail(office: Office) -> None:
    office.run("UPDATE line SET share = 0 WHERE invoice_id = 3")
    assert examine(office.conn, declaration()) == []
    office.refresh()
    office.run("UPDATE pgcache.debts_dirty SET marked_at = '2025-01-01 00:00+00'")
    office.conn.execute("SET timezone = 'UTC'")
    assert [str(finding.what) for finding in examine(office.conn, declaration())] == [
        "1 key(s) of cache debts are stale, the oldest since 2025-01-01 00:00:00+00: no refresh keeps up",
        "1 key(s) of cache debts could not be computed",
    ]


def test_an_empty_database(tables: psycopg.Connection[Any]) -> None:
    tables.execute("TRUNCATE customer CASCADE")
    migrate.migrate(tables, declaration())
    office = Office(tables)
    assert office.refresh().refreshed == 0
    assert office.run("SELECT * FROM pgcache.debts") == []


def test_a_changed_query_computes_all_keys_anew(office: Office) -> None:
    migrate.migrate(office.conn, declaration(("WHERE NOT i.void", "WHERE NOT i.void AND x.amount < 100")))
    assert office.owed() == {1: 0, 2: 7, 9: -4}


def test_a_query_with_another_measure_rebuilds_the_table(office: Office) -> None:
    migrate.migrate(office.conn, declaration(("l.largest,", "l.largest, 1 AS one,")))
    assert office.run("SELECT customer_id, one FROM pgcache.debts ORDER BY 1") == [(1, 1), (2, 1), (9, 1)]
    office.exact()


def test_marks_from_before_a_migration_do_not_get_lost(office: Office) -> None:
    office.run("INSERT INTO payment (customer_id, amount) VALUES (2, 5)")
    migrate.migrate(office.conn, declaration(("l.largest,", "l.largest, 1 AS one,")))
    office.exact()


def test_from_immediate_to_deferred_and_back(tables: psycopg.Connection[Any]) -> None:
    deferred, immediate = declaration(*SUMS), declaration(*SUMS, *IMMEDIATE)
    expected = [(1, 100, 3), (2, 7, 1), (9, -4, 0)]
    for step, declared in enumerate([immediate, deferred, immediate, deferred]):
        migrate.migrate(tables, declared)
        assert owed(tables) == expected
        tables.execute("INSERT INTO line (invoice_id, amount) VALUES (3, 1)")
        expected[1] = (2, 8 + step, 2 + step)
        assert (owed(tables) == expected) == (declared is immediate)
        tables.execute("SELECT pgcache.refresh('debts')")
        assert owed(tables) == expected
        assert tables.execute("SELECT * FROM pgcache.compare('debts')").fetchall() == []
        assert make_plan(tables, declared).empty


def test_sums_without_rows_lose_their_row(tables: psycopg.Connection[Any]) -> None:
    migrate.migrate(tables, declaration(*SUMS))
    tables.execute("DELETE FROM line WHERE invoice_id = 3")
    tables.execute("SELECT pgcache.refresh('debts')")
    assert owed(tables) == [(1, 100, 3), (9, -4, 0)]


def test_pruning_drops_all_of_it(office: Office, tables: psycopg.Connection[Any]) -> None:
    migrate.remove(office.conn, ["debts"])
    assert office.run("SELECT * FROM pgcache.cache") == []
    migrate.uninstall(office.conn)
    assert {key for key in state(office.conn) if "row" not in key[0]} == {
        key for key in state(tables) if "row" not in key[0]
    }


def test_the_script_does_the_same(tables: psycopg.Connection[Any]) -> None:
    script = migrate.script(tables, declaration())
    statements = "\n".join(line for line in script.splitlines() if not line.startswith("\\"))
    tables.execute(statements.encode())
    tables.execute("RESET ALL")
    assert make_plan(tables, declaration()).empty
    Office(tables).exact()


def test_the_script_of_a_revision_does_the_same_twice(tables: psycopg.Connection[Any]) -> None:
    """As a revision of Alembic has it: the declaration indented, the script printed without the database."""
    revised = config.loads(normalized(textwrap.indent(DEBTS, "        ")), "pgcache.toml")
    script = apply_script(tables, revised)
    for _ in range(2):
        with tables.transaction():
            tables.execute(script.encode())
        assert make_plan(tables, revised).empty
        Office(tables).exact()


def test_within_the_transaction_of_a_caller(tables: psycopg.Connection[Any]) -> None:
    tables.execute("COMMIT")
    tables.autocommit = False
    migrate.migrate(tables, declaration())
    tables.commit()
    tables.autocommit = True
    Office(tables).exact()

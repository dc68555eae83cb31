"""migrate --sql prints a script that psql applies with the same result as migrate."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import psycopg

from pgcache import resources
from tests.integration.cli.pgcache import Pgcache
from tests.integration.state import State, state
from tests.support import client


def psql(dsn: str, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Feed a script to psql, as a DBA would, with settings in PG* variables."""
    return subprocess.run(
        [client("psql"), "--no-psqlrc", "--quiet", "--output", os.devnull, dsn],
        input=script,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("PG")} | environment,
    )


def _state(conn: psycopg.Connection[Any]) -> State:
    """What pgcache installed; that psql's backfill has the figures of one transaction is no difference."""
    found = state(conn, moments=False)
    found.pop(("rows", "pgcache.run"), None)
    return found


def _compare(pgcache: Pgcache, dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as other:
        assert _state(other) == _state(pgcache.conn)


def test_a_new_database(pgcache: Pgcache, by_script: str) -> None:
    pgcache("init", "finance")
    before = state(pgcache.conn)
    script = pgcache("migrate", "--with-tables", "--sql")
    assert script.stderr == ""
    assert state(pgcache.conn) == before
    assert (outcome := psql(by_script, script.stdout)).returncode == 0, outcome.stderr
    pgcache("migrate", "--with-tables")
    _compare(pgcache, by_script)


def test_existing_rows_are_filled_in(pgcache: Pgcache, by_script: str) -> None:
    pgcache("init", "finance")
    with psycopg.connect(by_script, autocommit=True) as other:
        for conn in (pgcache.conn, other):
            conn.execute(resources.sql("presets", "finance", "tables.sql").encode())
            conn.execute(resources.sql("presets", "finance", "example.sql").encode())
    script = pgcache("migrate", "--sql").stdout
    assert psql(by_script, script).stderr == ""
    pgcache("migrate")
    assert pgcache.value("SELECT cached_balance::text FROM account WHERE name = 'Savings'") == "14524.25"
    with psycopg.connect(by_script, autocommit=True) as other:
        keys = {("rows", "public.account"), ("rows", "public.budget")}
        assert [_state(other)[key] for key in keys] == [_state(pgcache.conn)[key] for key in keys]
    assert pgcache("--dsn", by_script, "reconcile").code == 0
    assert pgcache("--dsn", by_script, "plan").code == 0


def test_a_change_and_a_cache_that_is_dropped(pgcache: Pgcache, by_script: str) -> None:
    pgcache("init", "finance")
    for dsn in (pgcache.dsn, by_script):
        pgcache("--dsn", dsn, "migrate", "--with-tables")
    declared = resources.sql("presets", "finance", "pgcache.toml")
    declared = declared[: declared.index("# ---- budget.cached_consumption")]
    pgcache.declare(declared.replace('guard = "ignore"', 'guard = "reject"'))
    script = pgcache("migrate", "--sql", "--prune").stdout
    assert psql(by_script, script).stderr == ""
    pgcache("migrate", "--prune")
    _compare(pgcache, by_script)


def test_a_script_that_fails_stops_there(pgcache: Pgcache, by_script: str) -> None:
    pgcache("init", "finance")
    pgcache.conn.execute(resources.sql("presets", "finance", "tables.sql").encode())
    script = pgcache("migrate", "--sql").stdout
    outcome = psql(by_script, script)
    assert outcome.returncode == 3
    assert "does not exist" in outcome.stderr
    with psycopg.connect(by_script) as other:
        assert other.execute("SELECT name FROM pgcache.cache").fetchall() == []

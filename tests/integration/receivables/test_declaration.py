"""The preset receivables: alone, beside the others, over rows that were there before, and in several schemas."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from pgcache import presets, resources
from pgcache.config import loads
from pgcache.migrate import migrate
from pgcache.plan import make_plan
from pgcache.reconcile import reconcile
from pgcache.schemas import expand
from tests.integration.finance.household import CACHES as FINANCE
from tests.oracle.compare import assert_exact


def _example(conn: psycopg.Connection[Any], *names: str) -> None:
    for name in names:
        conn.execute(resources.sql("presets", name, "example.sql").encode())


@pytest.mark.parametrize(
    "names",
    [["receivables"], ["finance", "monthly", "receivables"], ["receivables", "parties", "finance"]],
    ids=" ".join,
)
def test_beside_the_other_presets(conn: psycopg.Connection[Any], names: list[str]) -> None:
    declaration = loads(presets.declaration(names), "pgcache.toml")
    # Whatever does not need saying is not said: the tables have every index that a refresh needs.
    assert migrate(conn, declaration, with_tables=True).warnings == ()
    _example(conn, *names)
    conn.execute("SELECT set_config('pgcache.today', current_date::text, false), pgcache.refresh('account_aging')")
    assert_exact(conn, "account_aging", *(FINANCE if "finance" in names else ()))
    assert make_plan(conn, declaration, with_tables=True).empty
    assert [found.drifted for found in reconcile(conn, [c.name for c in declaration.caches]).caches] == [0] * len(
        declaration.caches
    )


def test_rows_that_were_there_before_are_computed_once(conn: psycopg.Connection[Any]) -> None:
    conn.execute(resources.sql("presets", "receivables", "tables.sql").encode())
    _example(conn, "receivables")
    migrate(conn, loads(presets.declaration(["receivables"]), "pgcache.toml"))
    conn.execute("SELECT set_config('pgcache.today', current_date::text, false)")
    assert conn.execute("SELECT count(*), bool_or(dirty) FROM pgcache.account_aging").fetchone() == (11, False)
    assert_exact(conn, "account_aging")


def test_in_several_schemas(conn: psycopg.Connection[Any]) -> None:
    conn.execute("SELECT set_config('pgcache.today', current_date::text, false)")
    for schema in ("north", "south"):
        conn.execute(f"CREATE SCHEMA {schema}; SET search_path = {schema}".encode())
        conn.execute(resources.sql("presets", "receivables", "tables.sql").encode())
    _example(conn, "receivables")
    conn.execute("RESET search_path")
    declaration = loads(presets.declaration(["receivables"]), "pgcache.toml")
    migrate(conn, expand(conn, declaration, ["north", "south"]))
    for schema, balance in (("north", None), ("south", 2734)):
        conn.execute(f"SET search_path = {schema}".encode())
        assert conn.execute("SELECT sum(balance) FROM account_aging").fetchone() == (balance,)
        assert_exact(conn, "account_aging")

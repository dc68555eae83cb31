"""What is wrong with a query is said before anything is touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from pgcache import config, migrate
from pgcache.errors import DeclarationError
from pgcache.schemas import expand
from tests.integration.deferred.office import DEBTS, QUERY, TABLES, Office, declaration
from tests.integration.state import state

ONE = "it must be one SELECT, which psql would run too"
JOINED = "JOIN pgcache_keys AS k ON k.customer_id = ..."
MODIFYING = "WITH clause containing a data-modifying statement must be at the top level"
KEYS = "FROM pgcache_keys AS k JOIN payment AS p ON p.customer_id = k.customer_id"


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        (
            f"SELECT k.customer_id, p.amuont AS owed {KEYS}",
            f"the query is refused: column p.amuont does not exist; {ONE}",
        ),
        (
            "SELEC 1",
            f'the query is refused: syntax error at or near "1"; {ONE}',
        ),
        (
            f"WITH gone AS (DELETE FROM payment RETURNING *) SELECT k.customer_id, 1 AS owed {KEYS}",
            f"the query is refused: {MODIFYING}; {ONE}",
        ),
        (
            "SELECT customer_id, sum(amount) AS owed FROM payment GROUP BY 1",
            f"the query does not read pgcache_keys, so that every refresh would compute all keys; join it: {JOINED}",
        ),
        (
            f"SELECT k.customer_id AS id, p.amount AS owed {KEYS}",
            "the query gives no column 'customer_id', which is in the key; it gives id, owed",
        ),
        (
            f"SELECT k.customer_id::text, p.amount AS owed {KEYS}",
            "the query gives customer_id as text, but the key is integer; cast it",
        ),
        (f"SELECT k.customer_id {KEYS}", "the query gives no column beside the key; add a measure"),
        (
            f"SELECT k.customer_id, p.amount::float AS owed {KEYS}",
            "the query gives owed as double precision, which is not exact; cast it to numeric",
        ),
        (
            f"SELECT k.customer_id, 'x' AS owed {KEYS}",
            "the query gives owed as text; a measure must be numeric or an integer",
        ),
        (
            f"SELECT k.customer_id, p.amount AS owed, now() AS refreshed_at {KEYS}",
            "the query gives a column 'refreshed_at', which tells when a row was refreshed; rename it",
        ),
    ],
)
def test_a_query(tables: psycopg.Connection[Any], query: str, problem: str) -> None:
    before = state(tables)
    with pytest.raises(DeclarationError) as caught:
        migrate.migrate(tables, declaration((QUERY, query), (', expires = "changes_on"', "")))
    assert caught.value.problems[0] == f"pgcache.toml:9: cache 'debts': {problem}"
    assert state(tables) == before


@pytest.mark.parametrize(
    ("column", "problem"),
    [
        (
            "1 AS other",
            "9: cache 'debts': the query gives no column 'changes_on', which expires names; it gives owed, other",
        ),
        ("1 AS changes_on", "10: cache 'debts': changes_on is integer; expires must be a date or timestamptz"),
    ],
)
def test_expires(tables: psycopg.Connection[Any], column: str, problem: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        migrate.migrate(tables, declaration((QUERY, f"SELECT k.customer_id, p.amount AS owed, {column} {KEYS}")))
    assert caught.value.problems[0] == f"pgcache.toml:{problem}"


def test_an_own_column_that_would_lose_fractions(tables: psycopg.Connection[Any]) -> None:
    tables.execute("ALTER TABLE customer ADD owed integer, ADD seen text")
    query = (
        "SELECT k.id, sum(p.amount) AS owed FROM pgcache_keys AS k JOIN payment AS p ON p.customer_id = k.id GROUP BY 1"
    )
    changed = declaration(
        ('{ table = "debt", create = true }', '{ table = "customer", stamp = "seen" }'),
        ('key = ["customer_id"]\nquery', 'key = ["id"]\nquery'),
        (QUERY, query),
        (', expires = "changes_on"', ""),
    )
    with pytest.raises(DeclarationError) as caught:
        migrate.migrate(tables, changed)
    assert [problem.partition("'debts': ")[2] for problem in caught.value.problems] == [
        (
            "the query gives owed as numeric, but public.customer.owed is integer and would lose its fractions; make "
            "the column numeric, or cast the value"
        ),
        "public.customer.seen is text; a stamp must be timestamptz",
    ]


def test_a_table_that_the_role_may_not_read(tables: psycopg.Connection[Any]) -> None:
    tables.execute("CREATE TABLE secret (x numeric)")
    tables.execute(
        "CREATE ROLE clerk_of_queries LOGIN; GRANT ALL ON customer, invoice, line, payment TO clerk_of_queries"
    )
    tables.execute("GRANT ALL ON SCHEMA public TO clerk_of_queries")
    try:
        tables.execute(f'GRANT ALL ON DATABASE "{tables.info.dbname}" TO clerk_of_queries'.encode())
        tables.execute("SET ROLE clerk_of_queries")
        query = f"SELECT k.customer_id, (SELECT sum(x) FROM secret) AS owed {KEYS}"
        with pytest.raises(DeclarationError, match="the query is refused: permission denied for table secret"):
            migrate.migrate(tables, declaration((QUERY, query), (', expires = "changes_on"', "")))
    finally:
        tables.execute("RESET ROLE; DROP OWNED BY clerk_of_queries; DROP ROLE clerk_of_queries")


def test_rows_that_row_level_security_hides(tables: psycopg.Connection[Any]) -> None:
    tables.execute("CREATE TABLE secret (x numeric); ALTER TABLE secret ENABLE ROW LEVEL SECURITY")
    tables.execute(
        "CREATE ROLE clerk_of_rows LOGIN; GRANT ALL ON customer, invoice, line, payment, secret TO clerk_of_rows"
    )
    tables.execute("GRANT ALL ON SCHEMA public TO clerk_of_rows")
    try:
        tables.execute(f'GRANT ALL ON DATABASE "{tables.info.dbname}" TO clerk_of_rows'.encode())
        tables.execute("SET ROLE clerk_of_rows")
        query = f"SELECT k.customer_id, (SELECT sum(x) FROM secret) AS owed {KEYS}"
        with pytest.raises(DeclarationError, match=r"row-level security hides rows of public\.secret"):
            migrate.migrate(tables, declaration((QUERY, query), (', expires = "changes_on"', "")))
    finally:
        tables.execute("RESET ROLE; DROP OWNED BY clerk_of_rows; DROP ROLE clerk_of_rows")


def test_a_file_beside_the_declaration(tables: psycopg.Connection[Any], tmp_path: Path) -> None:
    (tmp_path / "debts.sql").write_text(f"-- What each owes; it's all.\n{QUERY};\n")
    (tmp_path / "pgcache.toml").write_text(DEBTS.replace(f"'''{QUERY}'''", '"debts.sql"'))
    declared = config.load(tmp_path / "pgcache.toml")
    migrate.migrate(tables, declared)
    Office(tables).exact()
    # What is kept of the declaration stands alone.
    (kept,) = tables.execute("SELECT value FROM pgcache.setting WHERE name = 'declaration'").fetchall()
    again = config.loads(kept[0], "elsewhere/pgcache.toml")
    assert again.caches[0].query is not None
    assert declared.caches[0].query is not None
    assert again.caches[0].query.text.strip() == declared.caches[0].query.text.strip()


def test_names_are_those_of_the_role_that_migrated(tables: psycopg.Connection[Any]) -> None:
    """No session's search_path, and no function of the same name in another schema, changes what the query means."""
    tables.execute(
        "CREATE SCHEMA shop; CREATE FUNCTION shop.twice(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT 2 * $1'"
    )
    tables.execute("SET search_path = shop, public")
    query = f"SELECT k.customer_id, sum(twice(p.amount)) AS owed {KEYS} GROUP BY 1"
    changes = ((QUERY, query), (', expires = "changes_on"', ""), ('"debt"', '"public.debt"'))
    migrate.migrate(tables, declaration(*changes))
    tables.execute("CREATE FUNCTION public.twice(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT 3 * $1'")
    tables.execute("SET search_path = public")
    tables.execute("INSERT INTO payment (customer_id, amount) VALUES (2, 5)")
    tables.execute("SELECT pgcache.refresh('debts')")
    assert Office(tables).owed() == {1: 60, 2: 10, 9: 8}


def test_each_schema_has_its_own(conn: psycopg.Connection[Any]) -> None:
    for tenant in ("a", "b"):
        conn.execute(f"CREATE SCHEMA {tenant}; SET search_path = {tenant}".encode())
        conn.execute(TABLES)
    conn.execute("SET search_path = public")
    conn.execute("INSERT INTO b.payment (customer_id, amount) VALUES (2, 6)")
    migrate.migrate(conn, expand(conn, declaration(), ["a", "b"]))
    found = [
        conn.execute(f"SELECT owed FROM {tenant}.debt WHERE customer_id = 2".encode()).fetchone() for tenant in "ab"
    ]
    assert found == [(7,), (1,)]

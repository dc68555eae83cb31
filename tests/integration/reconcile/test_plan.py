"""How the keys are read: by parallel workers where the planner likes them, and each row once."""

from __future__ import annotations

import psycopg
import pytest

from tests.integration.reconcile.books import Connection

# A condition that tells, as a notice, which process asks it.
_WATCHED = """
CREATE SCHEMA watched;
CREATE FUNCTION watched.seen(value numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN RAISE NOTICE 'process %', pg_backend_pid(); RETURN value; END $$;
"""


def processes(conn: Connection, query: str) -> set[str]:
    seen: set[str] = set()

    def note(told: psycopg.errors.Diagnostic) -> None:
        seen.add(told.message_primary or "")

    conn.add_notice_handler(note)
    try:
        conn.execute(query.encode())
    finally:
        conn.remove_notice_handler(note)
    return seen


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM pgcache.compare('person_total')",
        "SELECT pgcache.reconcile_begin(1000, 'person_total', 'reconcile')",
        "SELECT * FROM pgcache.reconcile('person_total')",
    ],
)
def test_parallel_workers_take_part(books: Connection, query: str) -> None:
    """Also where what they find is inserted: the function that finds it has a plan of its own."""
    books.execute(_WATCHED.encode())
    source = books.execute("SELECT prosrc FROM pg_proc WHERE proname = 'person_total_compare'").fetchall()[0][0]
    definition = books.execute(
        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'person_total_compare'"
    ).fetchall()[0][0]
    watched = definition.replace(source, source.replace("round((amount), 2)", "round(watched.seen(amount), 2)"))
    assert watched != definition
    books.execute(watched.encode())
    books.execute("INSERT INTO sale (person, amount) SELECT name, n FROM person, generate_series(1, 100) AS n")
    books.execute("ANALYZE sale")
    books.execute("SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0")
    books.execute("SET parallel_leader_participation = off")
    seen = processes(books, query)
    assert seen
    assert f"process {books.info.backend_pid}" not in seen


def test_a_range_reads_its_own_rows(books: Connection) -> None:
    """Once each, by the index on the leading column of the key, though the rest of the key is an expression."""
    books.execute(
        "INSERT INTO entry (account, day, amount) SELECT n % 3000, '2025-01-01', n FROM generate_series(1, 9000) AS n"
    )
    books.execute("VACUUM ANALYZE")
    books.execute(
        "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_sort = off"
    )
    fetched = "SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'entry'"
    ends = [f'{{"account": "{account}", "month": "2025-01-01"}}' for account in (1000, 1060)]
    with books.transaction():
        books.execute("SELECT count(*) FROM pgcache.month_compare_range(%s::jsonb, %s::jsonb)", ends)
        (rows,) = books.execute(fetched).fetchall()[0]
    assert 0 < rows <= 61 * 3

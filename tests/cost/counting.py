"""Counts what a statement does: the work, which is the same on every machine, rather than the time, which is not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

Connection = psycopg.Connection[tuple[Any, ...]]

_TABLES = """
SELECT relname, coalesce(seq_scan, 0), coalesce(idx_scan, 0), n_tup_ins, n_tup_upd
  FROM pg_stat_xact_user_tables
"""
_FUNCTIONS = "SELECT funcname, calls FROM pg_stat_xact_user_functions WHERE schemaname = 'pgcache'"

# EXPLAIN counts what a function's statements do, and not what the triggers of its own statement do.
_WRAP = "CREATE FUNCTION pg_temp.statement() RETURNS void LANGUAGE plpgsql AS {}"
_RUNS = 20


@dataclass(frozen=True)
class Work:
    """What a statement has done, its triggers included.

    Attributes
    ----------
    scans, lookups:
        How often each table was read from end to end, and by an index.
    inserts, updates:
        The row versions that were made in each table.
    calls:
        The calls of pgcache's functions.
    """

    scans: Counter[str]
    lookups: Counter[str]
    inserts: Counter[str]
    updates: Counter[str]
    calls: Counter[str]

    def __sub__(self, before: Work) -> Work:
        return Work(
            self.scans - before.scans,
            self.lookups - before.lookups,
            self.inserts - before.inserts,
            self.updates - before.updates,
            self.calls - before.calls,
        )


def work_of(conn: Connection, statement: str) -> Work:
    """Count what a statement does, and take it back.

    Parameters
    ----------
    conn:
        An autocommit connection as a superuser, who may have functions counted.
    statement:
        Without parameters.
    """
    with conn.transaction(force_rollback=True):
        conn.execute("SET LOCAL track_functions = 'all'")
        before = _now(conn)
        conn.execute(statement.encode())
        return _now(conn) - before


def _now(conn: Connection) -> Work:
    tables = conn.execute(_TABLES).fetchall()
    scans, lookups, inserts, updates = (Counter({row[0]: row[column] for row in tables}) for column in range(1, 5))
    return Work(scans, lookups, inserts, updates, Counter(dict(conn.execute(_FUNCTIONS).fetchall())))


def wal_bytes(conn: Connection, statement: str) -> int:
    """Count the bytes of write-ahead log that a statement leaves, its triggers included, and take it back.

    It is the least of many runs: a page that is touched first since a checkpoint is logged whole, and a row
    whose page is full moves to another one.
    """
    with conn.transaction(force_rollback=True):
        conn.execute(sql.SQL(_WRAP).format(sql.Literal(f"BEGIN {statement}; END")))
        return min(_logged(conn) for _ in range(_RUNS))


def _logged(conn: Connection) -> int:
    row = conn.execute("EXPLAIN (ANALYZE, WAL, FORMAT JSON) SELECT pg_temp.statement()").fetchone()
    assert row is not None
    return int(row[0][0]["Plan"]["WAL Bytes"])

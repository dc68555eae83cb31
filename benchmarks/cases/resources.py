"""What a cache takes beside time: write-ahead log, room on the disk, memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks import ways
from benchmarks.database import Database
from benchmarks.household import ACCOUNTS, household
from benchmarks.model import Case, Connection, Effort, Sample, Skip, Variant, nothing
from benchmarks.work import Work, filled, logged, under_load

_BASE = household()
# An hour of ten rows a second, in one go: autovacuum has its turn in between, once a second instead of once a minute.
_HOUR = 36_000

SetUp = Callable[[Connection], object]
_WAYS: dict[str, SetUp] = {
    ways.NONE: nothing,
    ways.ROW_TRIGGER: ways.row_trigger,
    **ways.MODES,
    "finance, two caches": ways.preset("finance"),
    "all presets": ways.preset(*ways.PRESETS),
}


def _each(work: Work, names: tuple[str, ...] = tuple(_WAYS)) -> tuple[Variant, ...]:
    return tuple(Variant(name, work, _WAYS[name]) for name in names)


def _with_fillfactor(fillfactor: int, set_up: SetUp) -> SetUp:
    """Leave room in the pages of the accounts, so that a new version of a row finds a place beside the old one."""

    def both(conn: Connection) -> None:
        conn.execute(sql.SQL("ALTER TABLE account SET (fillfactor = {})").format(sql.Literal(fillfactor)))
        conn.execute("VACUUM FULL account")
        set_up(conn)

    return both


def _indexed(conn: Connection) -> None:
    conn.execute("CREATE INDEX ON account (cached_balance)")
    ways.balance()(conn)


def _after_an_hour(accounts: int) -> Work:
    text = filled("insert_commit_loop.sql", turns=_HOUR // 10, accounts=accounts).encode()

    def work(database: Database, effort: Effort) -> Sample:
        conn = database.conn
        conn.execute("SET synchronous_commit = off")
        for _ in range(10):
            conn.execute(text)
            conn.execute("VACUUM account")
        row = conn.execute("SELECT pg_total_relation_size('account') / 1024").fetchone()
        assert row is not None
        return Sample(float(row[0]))

    return work


def _bloat(name: str, title: str, accounts: int) -> Case:
    work = _after_an_hour(accounts)
    return Case(
        name,
        title,
        "kB of the table account and its indexes",
        "less",
        _BASE,
        (
            *ways.compared(work),
            Variant("immediate, cached column indexed", work, _indexed),
            Variant("immediate, fillfactor 80", work, _with_fillfactor(80, ways.balance())),
        ),
    )


def _waiting_room(table: str) -> Work:
    """The size of a table of deltas after 8 clients have written one account for 10 seconds, vacuumed once a second."""
    load = under_load("insert.sql", 8, accounts=1)

    def work(database: Database, effort: Effort) -> Sample:
        for _ in range(10):
            load(database, replace(effort, seconds=1))
            database.conn.execute(sql.SQL("VACUUM {}").format(sql.SQL(table)))
        row = database.conn.execute("SELECT pg_total_relation_size(%s::regclass) / 1024", (table,)).fetchone()
        assert row is not None
        return Sample(float(row[0]))

    return work


def _memory_of_session(database: Database, effort: Effort) -> Sample:
    """What a session keeps after it has inserted some rows: plans, compiled functions, catalog entries."""
    with psycopg.connect(database.dsn, autocommit=True) as conn:
        for _ in range(10):
            conn.execute(filled("insert_one.sql").encode())
        row = conn.execute("SELECT sum(total_bytes) / 1024 FROM pg_backend_memory_contexts").fetchone()
    assert row is not None
    return Sample(float(row[0]))


def _peak_of_bulk(database: Database, effort: Effort) -> Sample:
    """The most memory that the process takes during a bulk insert, shared buffers aside."""
    with psycopg.connect(database.dsn, autocommit=True) as conn:
        conn.execute(filled("insert_many.sql", rows=100_000, accounts=ACCOUNTS).encode())
        lines = Path(f"/proc/{conn.info.backend_pid}/status").read_text(encoding="ascii").splitlines()
    kilobytes = {
        name: int(value.removesuffix("kB")) for name, value in (line.split(":\t") for line in lines) if "kB" in value
    }
    return Sample((kilobytes["VmHWM"] - kilobytes["RssShmem"]) / 1024)


def _where_proc_is(set_up: SetUp) -> SetUp:
    def checked(conn: Connection) -> None:
        if not Path("/proc/self/status").exists():
            raise Skip("the system has no /proc to tell the memory of a process")
        set_up(conn)

    return checked


CASES = (
    Case(
        "wal-insert",
        "Write-ahead log of a single-row insert into one of 10,000 accounts, its commit aside",
        "bytes per row",
        "less",
        _BASE,
        _each(logged("insert_loop.sql", accounts=ACCOUNTS)),
        short=True,
    ),
    Case(
        "wal-update-unread",
        "Write-ahead log of an update of a column that no cache reads, its commit aside",
        "bytes per row",
        "less",
        _BASE,
        _each(logged("update_description_loop.sql"), (ways.NONE, ways.ROW_TRIGGER, *ways.MODES)),
    ),
    _bloat("bloat-uniform", "Size after 36,000 single-row inserts into 10,000 accounts", ACCOUNTS),
    _bloat("bloat-hot", "Size after 36,000 single-row inserts into 10 accounts", 10),
    Case(
        "bloat-pending",
        "Size of what is pending after 8 clients have inserted into one account for 10 seconds, and again",
        "kB of the table of deltas and its indexes",
        "less",
        _BASE,
        (
            Variant(ways.APPEND, _waiting_room("delta"), ways.append),
            Variant("nowait", _waiting_room("pgcache.account_balance_pending"), ways.balance(mode="nowait")),
        ),
    ),
    Case(
        "memory-session",
        "Memory of a session that has inserted a row",
        "kB",
        "less",
        _BASE,
        _each(_memory_of_session),
    ),
    Case(
        "memory-bulk",
        "Private memory of a session that inserts 100,000 rows in one statement, at most",
        "MB",
        "less",
        _BASE,
        tuple(
            Variant(name, _peak_of_bulk, _where_proc_is(_WAYS[name]))
            for name in (ways.NONE, ways.ROW_TRIGGER, *ways.MODES)
        ),
    ),
)

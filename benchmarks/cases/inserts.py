"""Inserts: single rows with and without commits, and many rows in one statement."""

from __future__ import annotations

import psycopg

from benchmarks import ways
from benchmarks.database import Database, sql
from benchmarks.household import ACCOUNTS, household
from benchmarks.model import Case, Effort, Sample, Variant
from benchmarks.work import filled, in_commits, in_loop, under_load

_BASE = household()


def _committed(name: str, clients: int, accounts: int, *, short: bool = False) -> Case:
    """Single-row inserts, each a transaction of its own, under load."""
    insert = under_load("insert.sql", clients, accounts=accounts)
    where = f"{accounts:,} accounts" if accounts > 1 else "one account"
    return Case(
        name,
        f"Single-row inserts into {where}, {clients} client{'s' if clients > 1 else ''}, a commit each",
        "transactions/s",
        "more",
        _BASE,
        (
            *ways.compared(insert),
            Variant(ways.APPLICATION, under_load("insert_and_update.sql", clients, accounts=accounts)),
            Variant(ways.APPEND, insert, ways.append),
            Variant("pg_ivm", insert, ways.pg_ivm),
        ),
        short,
        repeat=2 if short else 1,
    )


def _guarded(name: str, where: str, accounts: int) -> Case:
    """What the guard has of the cost of an insert under load, for pgcache and for a trigger written by hand."""
    insert = under_load("insert.sql", 8, accounts=accounts)
    return Case(
        name,
        f"With and without a guard: single-row inserts into {where}, 8 clients, a commit each",
        "transactions/s",
        "more",
        _BASE,
        (
            Variant(ways.NONE, insert),
            Variant(ways.ROW_TRIGGER, insert, ways.row_trigger),
            Variant(ways.ROW_TRIGGER_GUARDED, insert, ways.row_trigger_guarded),
            Variant("immediate, guard off", insert, ways.balance(guard="off")),
            Variant("immediate", insert, ways.balance()),
        ),
        repeat=2,
    )


def _bulk(name: str, where: str, rows: int, accounts: int, *, warm: bool, short: bool = False) -> Case:
    """One statement with many rows, the first of its session or after single-row ones."""
    statement = filled("insert_many.sql", rows=rows, accounts=accounts).encode()

    def work(database: Database, effort: Effort) -> Sample:
        with psycopg.connect(database.dsn, autocommit=True) as conn:
            if warm:
                for _ in range(10):  # enough for the server to settle on its plans
                    conn.execute(sql("insert_one.sql").encode())
            return database.milliseconds(lambda: conn.execute(statement))

    return Case(
        name,
        f"{rows:,} rows for {where} in one statement, "
        + ("after single-row statements in the session" if warm else "the first of the session"),
        "ms",
        "less",
        _BASE,
        ways.compared(work),
        short,
    )


_loop = in_loop("insert_loop.sql", accounts=ACCOUNTS)
_commits = in_commits("insert_commit_loop.sql", accounts=ACCOUNTS)
_sessions = under_load("insert.sql", 8, connect=True, accounts=ACCOUNTS)

CASES = (
    Case(
        "insert-cpu",
        "Single-row inserts into 10,000 accounts, in one transaction: what the triggers compute, without commits",
        "µs of processor time per row",
        "less",
        _BASE,
        (
            *ways.compared(_loop),
            Variant("immediate, guard off", _loop, ways.balance(guard="off")),
            Variant("immediate, row triggers", _loop, ways.balance(triggers="row")),
            Variant("finance, two caches", _loop, ways.preset("finance")),
            Variant("all presets", _loop, ways.preset(*ways.PRESETS)),
        ),
        short=True,
        repeat=3,
    ),
    Case(
        "insert-commit-cpu",
        "Single-row inserts into 10,000 accounts, each a transaction of its own, without a wait for the disk",
        "µs of processor time per row",
        "less",
        _BASE,
        (
            *ways.compared(_commits),
            Variant(ways.ROW_TRIGGER_GUARDED, _commits, ways.row_trigger_guarded),
            Variant("finance, two caches", _commits, ways.preset("finance")),
        ),
        short=True,
        repeat=3,
    ),
    Case(
        "insert-session",
        "Single-row inserts into 10,000 accounts, 8 clients, each in a session of its own",
        "transactions/s",
        "more",
        _BASE,
        ways.compared(_sessions),
    ),
    _committed("insert-uniform-1", 1, ACCOUNTS),
    _committed("insert-uniform-8", 8, ACCOUNTS, short=True),
    _committed("insert-uniform-32", 32, ACCOUNTS),
    _committed("insert-hot-1", 1, 1),
    _committed("insert-hot-8", 8, 1, short=True),
    _committed("insert-hot-32", 32, 1),
    _guarded("insert-guard-uniform-8", f"{ACCOUNTS:,} accounts", ACCOUNTS),
    _guarded("insert-guard-hot-8", "one account", 1),
    _bulk("bulk-spread", "10,000 accounts", 100_000, ACCOUNTS, warm=False),
    _bulk("bulk-spread-warm", "10,000 accounts", 100_000, ACCOUNTS, warm=True, short=True),
    # Fewer rows, since the row trigger makes a version of the account for each, and walks over all of them for
    # the next: 100,000 take it minutes.
    _bulk("bulk-hot", "one account", 10_000, 1, warm=False),
    _bulk("bulk-hot-warm", "one account", 10_000, 1, warm=True),
)

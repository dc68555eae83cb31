"""Inserts: single rows with and without commits, and many rows in one statement."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from benchmarks import ways
from benchmarks.database import Database, sql
from benchmarks.household import ACCOUNTS, household
from benchmarks.model import Case, Effort, Sample, Variant

_LOOP = 2_000
_BASE = household()

Work = Callable[[Database, Effort], Sample]


def _pgbench(script: str, clients: int, accounts: int) -> Work:
    return lambda database, effort: database.pgbench(script, effort, clients=clients, accounts=accounts)


def _committed(name: str, clients: int, accounts: int, *, short: bool = False) -> Case:
    """Single-row inserts, each a transaction of its own, under load."""
    insert = _pgbench("insert.sql", clients, accounts)
    where = f"{accounts:,} accounts" if accounts > 1 else "one account"
    return Case(
        name,
        f"Single-row inserts into {where}, {clients} client{'s' if clients > 1 else ''}, a commit each",
        "transactions/s",
        "more",
        _BASE,
        (
            Variant(ways.NONE, insert),
            Variant(ways.ROW_TRIGGER, insert, ways.row_trigger),
            Variant(ways.APPLICATION, _pgbench("insert_and_update.sql", clients, accounts)),
            Variant("immediate", insert, ways.balance()),
        ),
        short,
    )


def _in_loop(statements: str, **placeholders: int) -> Work:
    """Processor time for each turn of a loop in one transaction, in the server: no network, no commit."""
    text = sql(statements)
    for name, value in {"turns": _LOOP, **placeholders}.items():
        text = text.replace(f"__{name}__", str(value))

    def work(database: Database, effort: Effort) -> Sample:
        return Sample(database.cpu_microseconds(lambda: database.conn.execute(text.encode())).value / _LOOP)

    return work


def _bulk(name: str, where: str, rows: int, accounts: int, *, warm: bool, short: bool = False) -> Case:
    """One statement with many rows, the first of its session or after single-row ones."""
    statement = sql("insert_many.sql").replace("__rows__", str(rows)).replace("__accounts__", str(accounts))

    def work(database: Database, effort: Effort) -> Sample:
        with psycopg.connect(database.dsn, autocommit=True) as conn:
            if warm:
                for _ in range(10):  # enough for the server to settle on its plans
                    conn.execute(sql("insert_one.sql").encode())
            return database.milliseconds(lambda: conn.execute(statement.encode()))

    return Case(
        name,
        f"{rows:,} rows for {where} in one statement, "
        + ("after single-row statements in the session" if warm else "the first of the session"),
        "ms",
        "less",
        _BASE,
        (
            Variant(ways.NONE, work),
            Variant(ways.ROW_TRIGGER, work, ways.row_trigger),
            Variant("immediate", work, ways.balance()),
        ),
        short,
    )


_loop = _in_loop("insert_loop.sql", accounts=ACCOUNTS)

CASES = (
    Case(
        "insert-cpu",
        "Single-row inserts into 10,000 accounts, in one transaction: what the triggers compute, without commits",
        "µs of processor time per row",
        "less",
        _BASE,
        (
            Variant(ways.NONE, _loop),
            Variant(ways.ROW_TRIGGER, _loop, ways.row_trigger),
            Variant("immediate", _loop, ways.balance()),
            Variant("immediate, guard off", _loop, ways.balance(guard="off")),
            Variant("immediate, row triggers", _loop, ways.balance(triggers="row")),
            Variant("finance, two caches", _loop, ways.preset("finance")),
            Variant("all presets", _loop, ways.preset("finance", "parties", "monthly")),
        ),
        short=True,
        repeat=3,
    ),
    _committed("insert-uniform-1", 1, ACCOUNTS),
    _committed("insert-uniform-8", 8, ACCOUNTS, short=True),
    _committed("insert-uniform-32", 32, ACCOUNTS),
    _committed("insert-hot-1", 1, 1),
    _committed("insert-hot-8", 8, 1, short=True),
    _committed("insert-hot-32", 32, 1),
    _bulk("bulk-spread", "10,000 accounts", 100_000, ACCOUNTS, warm=False),
    _bulk("bulk-spread-warm", "10,000 accounts", 100_000, ACCOUNTS, warm=True, short=True),
    # Fewer rows, since the row trigger makes a version of the account for each, and walks over all of them for
    # the next: 100,000 take it minutes.
    _bulk("bulk-hot", "one account", 10_000, 1, warm=False),
    _bulk("bulk-hot-warm", "one account", 10_000, 1, warm=True),
)

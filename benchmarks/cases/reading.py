"""Reading: what the cached column saves, and what it takes to have a figure that counts the row just written."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks import ways
from benchmarks.database import Database
from benchmarks.household import household
from benchmarks.model import Case, Connection, Effort, Sample, Variant, nothing
from benchmarks.work import Work, in_loop, timed

_INSERT = "INSERT INTO transaction (account_id, flow_type, amount) VALUES (numbered(%(account)s), 'income', 1.25)"
_SUM = """
SELECT sum(CASE flow_type WHEN 'income' THEN amount ELSE -amount END)
  FROM transaction WHERE account_id = numbered(%(account)s) AND deleted_at IS NULL
"""
_COLUMN = "SELECT cached_balance FROM account WHERE id = numbered(%(account)s)"
_BALANCES = "SELECT balance FROM balances WHERE account_id = numbered(%(account)s)"


def _write_and_read(read: str, *between: str) -> Work:
    """Milliseconds from before a row is written until its account's balance has been read, each a transaction."""
    account = {"account": 1}

    def work(database: Database, effort: Effort) -> Sample:
        def once() -> None:
            database.conn.execute(_INSERT, account)
            for statement in between:
                database.conn.execute(statement.encode())
            database.conn.execute(read.encode(), account).fetchone()

        return database.milliseconds(once)

    return work


def _fresh(rows: int, *, short: bool = False) -> Case:
    variants: dict[str, tuple[Work, Callable[[Connection], object]]] = {
        "immediate": (_write_and_read(_COLUMN), ways.balance()),
        "sum at reading": (_write_and_read(_SUM), nothing),
        "row trigger": (_write_and_read(_COLUMN), ways.row_trigger),
        "refresh": (_write_and_read(_BALANCES, "REFRESH MATERIALIZED VIEW balances"), ways.materialized_view),
        "refresh concurrently": (
            _write_and_read(_BALANCES, "REFRESH MATERIALIZED VIEW CONCURRENTLY balances"),
            ways.materialized_view,
        ),
        "pg_ivm": (_write_and_read(_BALANCES), ways.pg_ivm),
    }
    return Case(
        f"write-and-read-{rows}",
        f"A row is written, and its account's balance is read with it; {rows:,} transactions of 10,000 accounts",
        "ms",
        "less",
        household(rows),
        tuple(Variant(name, work, set_up) for name, (work, set_up) in variants.items()),
        short,
        repeat=3,
    )


def _read(name: str, title: str, rows: int, accounts: int, turns: int) -> Case:
    placeholders = {"accounts": accounts}
    return Case(
        name,
        title,
        "µs of processor time per balance",
        "less",
        household(rows, accounts),
        (
            Variant("sum", in_loop("read_sum.sql", turns=turns, **placeholders)),
            Variant("cached column", in_loop("read_column.sql", turns=2_000, **placeholders)),
        ),
    )


CASES = (
    _read("read-10", "One balance, of 10 transactions", 100_000, 10_000, 2_000),
    _read("read-1000", "One balance, of 1,000 transactions", 100_000, 100, 200),
    _read("read-100000", "One balance, of 100,000 transactions", 100_000, 1, 5),
    Case(
        "read-all",
        "All 10,000 balances, of 100,000 transactions",
        "ms",
        "less",
        household(),
        (Variant("sum", timed("all_by_sum.sql")), Variant("cached column", timed("all_by_column.sql"))),
    ),
    _fresh(100_000, short=True),
    _fresh(1_000_000),
)

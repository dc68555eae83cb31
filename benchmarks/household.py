"""The tables that most cases are about: the reference tables of the preset finance, with rows to choose from.

An account's id is its number, from 1, as a uuid, so that pgbench can choose one.
"""

from __future__ import annotations

from benchmarks.database import sql
from benchmarks.model import Base, Connection
from pgcache import presets

ACCOUNTS = 10_000


def household(rows: int = 100_000, accounts: int = ACCOUNTS) -> Base:
    """Give a base of so many accounts, and so many transactions, which are spread over them and over three years."""

    def build(conn: Connection) -> None:
        for statements in presets.tables(["finance"]).values():
            conn.execute(statements.encode())
        fill(conn, rows, accounts)

    return Base(f"household_{accounts}_{rows}", build)


def fill(conn: Connection, rows: int, accounts: int) -> None:
    """Insert accounts and transactions; the cached balances are right afterwards, with or without triggers."""
    with conn.transaction():
        conn.execute(
            "SELECT set_config('benchmark.accounts', %s, true), set_config('benchmark.rows', %s, true)",
            (str(accounts), str(rows)),
        )
        conn.execute(sql("household.sql").encode())

"""The tables that most cases are about: the reference tables of the preset finance, with rows to choose from.

An account's id is its number, from 1, as a uuid, so that pgbench can choose one.
"""

from __future__ import annotations

from benchmarks.database import sql
from benchmarks.model import Base, Connection
from pgcache import presets

ACCOUNTS = 10_000


def household(rows: int = 100_000, spread: int = ACCOUNTS) -> Base:
    """Give a base of 10,000 accounts, and of transactions over three years.

    Parameters
    ----------
    rows:
        How many transactions.
    spread:
        How many of the accounts have some.
    """

    def build(conn: Connection) -> None:
        for statements in presets.tables(["finance"]).values():
            conn.execute(statements.encode())
        with conn.transaction():
            # The rows are right: to look up each of their accounts would take minutes for millions.
            conn.execute("SET LOCAL session_replication_role = replica")
            for name, value in {"accounts": ACCOUNTS, "rows": rows, "spread": spread}.items():
                conn.execute("SELECT set_config('benchmark.' || %s, %s, true)", (name, str(value)))
            conn.execute(sql("household.sql").encode())

    return Base(f"household_{spread}_{rows}", build)

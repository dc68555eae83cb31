"""What is done beside the writers: the reconcile, and the backfill of a cache on a table that is in use."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks import ways
from benchmarks.database import Database, sql
from benchmarks.household import household
from benchmarks.model import Case, Connection, Effort, Sample, Variant
from benchmarks.work import Work, timed
from benchmarks.writer import waiting
from pgcache.migrate import uninstall
from pgcache.reconcile import reconcile

_BASE = household(1_000_000)
_declare = ways.balance()


def _nothing(conn: Connection) -> None:
    time.sleep(1)


def _reconcile(conn: Connection) -> None:
    reconcile(conn, ["account_balance"])


def _timed_reconcile(database: Database, effort: Effort) -> Sample:
    return database.milliseconds(lambda: _reconcile(database.conn))


def _fill_at_once(conn: Connection) -> None:
    conn.execute(sql("fill_at_once.sql").encode())


def _forget(conn: Connection) -> None:
    """Make the balances wrong, as those of a column are that was just added, without a trigger that would notice."""
    if conn.execute("SELECT FROM pg_namespace WHERE nspname = 'pgcache'").rowcount:
        uninstall(conn)
    conn.execute("UPDATE account SET cached_balance = 0")
    conn.execute("VACUUM account")


def _after_forgetting(fill: Callable[[Connection], object]) -> Work:
    def work(database: Database, effort: Effort) -> Sample:
        _forget(database.conn)
        return database.milliseconds(lambda: fill(database.conn))

    return work


def _longest_wait(beside: Callable[[Connection], object], before: Callable[[Connection], object] | None = None) -> Work:
    """The longest that any of a writer's single-row inserts takes while something else goes on."""
    return waiting(max, beside, before)


CASES = (
    Case(
        "reconcile",
        "A reconcile of 10,000 accounts over 1,000,000 transactions",
        "ms",
        "less",
        _BASE,
        (
            Variant("bare GROUP BY", timed("group_by.sql")),
            Variant("pgcache reconcile", _timed_reconcile, _declare),
        ),
        short=True,
    ),
    Case(
        "reconcile-writers",
        "The longest single-row insert beside a reconcile of 1,000,000 transactions",
        "ms",
        "less",
        _BASE,
        (
            Variant("nothing beside", _longest_wait(_nothing), _declare),
            Variant("pgcache reconcile", _longest_wait(_reconcile), _declare),
        ),
    ),
    Case(
        "backfill",
        "10,000 balances filled for the first time, from 1,000,000 transactions",
        "ms",
        "less",
        _BASE,
        (
            Variant("one UPDATE", _after_forgetting(_fill_at_once)),
            Variant("pgcache migrate", _after_forgetting(_declare)),
        ),
    ),
    Case(
        "backfill-writers",
        "The longest single-row insert while 10,000 balances are filled for the first time",
        "ms",
        "less",
        _BASE,
        (
            Variant("nothing beside", _longest_wait(_nothing)),
            Variant("pgcache migrate", _longest_wait(_declare, _forget)),
        ),
    ),
)

"""A reconcile of a big table: what it takes, and what its writers notice of it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from decimal import Decimal

from benchmarks import ways
from benchmarks.database import Database, sql
from benchmarks.household import household
from benchmarks.model import Case, Connection, Effort, Sample, Variant
from benchmarks.work import Work, timed
from benchmarks.writer import waiting
from pgcache.reconcile import reconcile
from pgcache.scan import WHOLE, Scan

_BASE = household(10_000_000, 1_000_000)
_RANGES = Scan(batch_size=10_000)
_ONE_PERCENT = Scan(sample=Decimal(1))

_declare = ways.balance()


def _reconciled(scan: Scan) -> Callable[[Connection], object]:
    return lambda conn: reconcile(conn, ["account_balance"], scan=scan)


def _timed(scan: Scan) -> Work:
    def work(database: Database, effort: Effort) -> Sample:
        return database.milliseconds(lambda: _reconciled(scan)(database.conn))

    return work


def _nothing(conn: Connection) -> None:
    time.sleep(10)


def _group_by(conn: Connection) -> None:
    conn.execute(sql("group_by.sql").encode())


def _percentile(percent: int) -> Callable[[Sequence[float]], float]:
    return lambda waits: statistics.quantiles(waits, n=100)[percent - 1]


def _beside(percent: int) -> tuple[Variant, ...]:
    told = _percentile(percent)
    return (
        Variant("nothing beside", waiting(told, _nothing), _declare),
        Variant("bare GROUP BY", waiting(told, _group_by), _declare),
        Variant("pgcache reconcile", waiting(told, _reconciled(WHOLE)), _declare),
        Variant("--batch-size 10000", waiting(told, _reconciled(_RANGES)), _declare),
    )


CASES = (
    Case(
        "reconcile-10m",
        "A reconcile of 1,000,000 accounts over 10,000,000 transactions",
        "ms",
        "less",
        _BASE,
        (
            Variant("bare GROUP BY", timed("group_by.sql"), _declare),
            Variant("pgcache reconcile", _timed(WHOLE), _declare),
            Variant("--batch-size 10000", _timed(_RANGES), _declare),
            Variant("--sample 1", _timed(_ONE_PERCENT), _declare),
        ),
    ),
    *(
        Case(
            f"reconcile-10m-writers-p{percent}",
            f"Single-row inserts beside a reconcile of 10,000,000 transactions: {what}",
            "ms",
            "less",
            _BASE,
            _beside(percent),
        )
        for percent, what in ((50, "the median"), (99, "what 99 of 100 do not exceed"))
    ),
)

"""The single discrepancies behind a reconcile's figures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg

from pgcache import queries
from pgcache.reconcile import Report


@dataclass(frozen=True)
class Discrepancy:
    """A measure of a key whose cached value is not the computed one.

    `cached` is None where there was no row or no value, `computed` where there should be none;
    `status` is as in pgcache.drift, or "found" after a dry run.
    """

    cache: str
    key: dict[str, str]
    measure: str
    cached: Decimal | None
    computed: Decimal | None
    drift: Decimal
    status: str


def discrepancies(conn: psycopg.Connection[Any], report: Report) -> Iterator[Discrepancy]:
    """Every discrepancy of a reconcile, cache after cache, in the order of the keys.

    Parameters
    ----------
    conn:
        A connection to the database that was reconciled.
    report:
        What `reconcile` returned. After a dry run, which logs nothing, the caches are compared again.
    """
    for result in report.caches:
        if report.run_id is None:
            rows = queries.rows(conn, "found_drift", result.cache)
        else:
            rows = queries.rows(conn, "logged_drift", report.run_id, result.cache)
        for row in rows:
            yield Discrepancy(**row | {"key": json.loads(row["key"])})

"""A pass over whole caches: read the drift in one snapshot, then act on it in small transactions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg

from pgcache import queries
from pgcache.errors import PgcacheError
from pgcache.model import Action, TableName
from pgcache.refresh import Progress, refresh

BATCH = 1000
"""How many keys are corrected in one transaction: their rows stay locked until it ends."""


@dataclass(frozen=True)
class Result:
    """What a pass over one cache found and did; amounts are exact, `seconds` is wall-clock time.

    `held` tells that more keys had drifted than may be corrected unseen, so that none was.
    """

    cache: str
    checked: int
    drifted: int
    over_threshold: int
    corrected: int
    pending_review: int
    max_abs_drift: Decimal
    held: bool
    seconds: Decimal


@dataclass(frozen=True)
class Report:
    """What one reconcile found; `run_id` names it in pgcache.run, and is None for a dry run, which writes nothing."""

    run_id: int | None
    caches: tuple[Result, ...]

    @property
    def alarming(self) -> bool:
        """Whether somebody should look: a drift is over the threshold, or was too much to be corrected."""
        return any(result.over_threshold or result.held for result in self.caches)


@dataclass(frozen=True)
class Policy:
    """What a pass does about drift; what is None is as declared.

    Parameters
    ----------
    threshold:
        Only a drift greater than it raises an alarm.
    action:
        What to do about drift.
    relative_threshold:
        The same as a fraction of the computed value, 0.001 for 0.1 %: a drift must be greater than both.
    max_corrections:
        How many keys of a cache may be corrected, such as "100", or which share of them, such as "5%": where more
        drifted, none is.
    """

    threshold: Decimal | None = None
    action: Action | None = None
    relative_threshold: Decimal | None = None
    max_corrections: str | None = None

    @property
    def values(self) -> tuple[Any, ...]:
        """The parameters, in the order in which the queries take them."""
        return (self.threshold, self.action, self.relative_threshold, self.max_corrections)


DECLARED = Policy()


def installed_caches(conn: psycopg.Connection[Any]) -> list[queries.Row]:
    """The rows of pgcache.cache.

    Raises
    ------
    PgcacheError
        pgcache is not installed in this database.
    """
    if not queries.value(conn, "schema_exists"):
        raise PgcacheError(
            f"pgcache is not installed in database {conn.info.dbname!r}; run pgcache migrate, or connect to another one"
        )
    return queries.rows(conn, "caches")


def caches_of(
    conn: psycopg.Connection[Any], *, names: Sequence[str] = (), models: Sequence[str] = ()
) -> tuple[str, ...]:
    """The installed caches of some names, or of some target tables; all where neither is given.

    Raises
    ------
    PgcacheError
        There is no such cache, or no cache on such a table.
    """
    installed = installed_caches(conn)
    if not names and not models:
        return tuple(row["name"] for row in installed)
    found = []
    for name in names:
        if name not in (row["name"] for row in installed):
            listed = ", ".join(row["name"] for row in installed) or "none"
            raise PgcacheError(f"no cache is named {name!r} in this database (installed: {listed}); see pgcache status")
        found.append(name)
    for model in models:
        wanted = [row["name"] for row in installed if model in _table_names(row)]
        if not wanted:
            listed = ", ".join(sorted({row["target"] for row in installed})) or "none"
            raise PgcacheError(f"no cache has the target {model!r} (targets: {listed}); see pgcache status")
        found += wanted
    return tuple(dict.fromkeys(found))


def _table_names(row: queries.Row) -> tuple[str, str, str]:
    target = TableName(row["target_name"], row["target_schema"])
    return (target.name, str(target), row["target"])


def reconcile(
    conn: psycopg.Connection[Any],
    caches: Sequence[str],
    policy: Policy = DECLARED,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Compare caches with their history and act on the drift.

    Parameters
    ----------
    conn:
        An autocommit connection.
    caches:
        Names of installed caches.
    policy:
        Which drift raises an alarm, and what is done about it.
    dry_run:
        Report only: nothing is written, not even the log.
    progress:
        Told after every transaction.
    """
    if dry_run:
        rows = [queries.row(conn, "compare", cache, *policy.values) for cache in caches]
        return Report(None, tuple(Result(**row) for row in rows if row))
    run: int = queries.value(conn, "next_run")
    return Report(run, tuple(_pass(conn, run, cache, "reconcile", policy, progress) for cache in caches))


def backfill(conn: psycopg.Connection[Any], cache: str, progress: Progress | None = None) -> int:
    """Fill a cache that was installed or changed, while its writers go on; give how many keys were corrected."""
    row = next(row for row in installed_caches(conn) if row["name"] == cache)
    if row["mode"] == "deferred":
        with _alone(conn, cache):
            refresh(conn, cache, progress, kind="backfill")
        return 0
    run: int = queries.value(conn, "next_run")
    return _pass(conn, run, cache, "backfill", Policy(action="correct"), progress).corrected


def _pass(
    conn: psycopg.Connection[Any], run: int, cache: str, kind: str, policy: Policy, progress: Progress | None
) -> Result:
    with _alone(conn, cache):
        refresh(conn, cache)
        drifted: int = queries.value(conn, "reconcile_begin", run, cache, kind, *policy.values)
        if queries.value(conn, "run_corrects", run, cache):
            done = 0
            while step := queries.value(conn, "reconcile_step", run, cache, BATCH):
                done += step
                if progress:
                    progress(cache, done, drifted)
        row = queries.row(conn, "reconcile_end", run, cache)
    assert row is not None
    return Result(**row)


@contextmanager
def _alone(conn: psycopg.Connection[Any], cache: str) -> Iterator[None]:
    queries.value(conn, "pass_lock", cache)
    try:
        yield
    finally:
        if not conn.closed and not conn.broken:
            queries.value(conn, "pass_unlock", cache)

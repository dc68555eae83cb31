"""A pass over whole caches: read the drift in one snapshot, then act on it in small transactions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg

from pgcache import queries
from pgcache.connection import takes_statements
from pgcache.errors import PgcacheError
from pgcache.model import Action, TableName
from pgcache.refresh import Progress, refresh
from pgcache.scan import WHOLE, Scan, named_keys

BATCH = 1000
"""How many keys are corrected in one transaction: their rows stay locked until it ends."""


@dataclass(frozen=True)
class Result:
    """What a pass over one cache found and did; amounts are exact, `seconds` is wall-clock time.

    `held` tells that more keys had drifted than may be corrected unseen, so that none was. `stale` keys of a deferred
    cache were marked or due after it: their figures are left to the refresh, and no drift.
    """

    cache: str
    checked: int
    drifted: int
    over_threshold: int
    corrected: int
    pending_review: int
    max_abs_drift: Decimal
    held: bool
    stale: int
    seconds: Decimal

    def plus(self, other: Result) -> Result:
        """The figures of two parts of one cache, of which neither was held."""
        return replace(
            self,
            checked=self.checked + other.checked,
            drifted=self.drifted + other.drifted,
            over_threshold=self.over_threshold + other.over_threshold,
            max_abs_drift=max(self.max_abs_drift, other.max_abs_drift),
            stale=max(self.stale, other.stale),
            seconds=self.seconds + other.seconds,
        )


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
POLICY_COLUMNS = ("threshold", "action", "relative_threshold", "max_corrections")
WAITING = Scan(wait=True)


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
    scan: Scan = WHOLE,
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
    scan:
        Which keys are read, and in which pieces.
    dry_run:
        Report only: nothing is written, not even the log.
    progress:
        Told after every transaction.

    Raises
    ------
    PgcacheError
        Another pass over a cache is running, and `scan` does not wait; or the pass to go on with had another policy.
    """
    for cache in caches if scan.since is not None else ():
        queries.value(conn, "touched_keys", cache, timedelta(0))  # refused before anything is done
    if dry_run:
        return Report(None, tuple(_dry(conn, cache, policy, scan) for cache in caches))
    run: int = queries.value(conn, "next_run")
    passes = [_pass(conn, run, cache, policy, scan, progress) for cache in caches]
    runs = {run for run, _ in passes}
    return Report(runs.pop() if len(runs) == 1 else run, tuple(result for _, result in passes))


def _dry(conn: psycopg.Connection[Any], cache: str, policy: Policy, scan: Scan) -> Result:
    if not scan.partial:
        row = queries.row(conn, "compare", cache, *policy.values, None)
        assert row is not None
        return Result(**row)
    total = Result(cache, 0, 0, 0, 0, 0, Decimal(0), held=False, stale=0, seconds=Decimal(0))
    for keys in named_keys(conn, cache, scan):
        row = queries.row(conn, "compare", cache, *policy.values, keys)
        assert row is not None
        total = total.plus(Result(**row))
        scan.rest()
    return total if scan.standby is None else replace(total, checked=queries.value(conn, "count_keys", cache))


def backfill(conn: psycopg.Connection[Any], cache: str, progress: Progress | None = None) -> int:
    """Fill a cache that was installed or changed, while its writers go on; give how many keys were corrected."""
    row = next(row for row in installed_caches(conn) if row["name"] == cache)
    if row["mode"] == "deferred":
        with _alone(conn, cache, wait=True):
            refresh(conn, cache, progress, kind="backfill")
        return 0
    run: int = queries.value(conn, "next_run")
    return _pass(conn, run, cache, Policy(action="correct"), WAITING, progress, kind="backfill")[1].corrected


def _pass(
    conn: psycopg.Connection[Any],
    run: int,
    cache: str,
    policy: Policy,
    scan: Scan,
    progress: Progress | None,
    kind: str | None = None,
) -> tuple[int, Result]:
    """The run that did it, which is another one where an interrupted pass went on, and its figures."""
    with _alone(conn, cache, wait=scan.wait):
        begun = _resumed(conn, cache, policy) if scan.resume else None
        if begun:
            run = begun["id"]
        else:
            refresh(conn, cache)
        if begun is None or not begun["judged"]:
            _read(conn, run, cache, kind or scan.kind, policy, scan, progress, begun=begun is not None)
        if queries.value(conn, "run_corrects", run, cache):
            _correct(conn, run, cache, scan, progress)
        row = queries.row(conn, "reconcile_end", run, cache)
    assert row is not None
    return run, Result(**row)


def _read(
    conn: psycopg.Connection[Any],
    run: int,
    cache: str,
    kind: str,
    policy: Policy,
    scan: Scan,
    progress: Progress | None,
    *,
    begun: bool,
) -> None:
    if not begun and not scan.partial and scan.batch_size is None:
        queries.value(conn, "reconcile_begin", run, cache, kind, *policy.values)
        return
    if not begun:
        queries.value(conn, "reconcile_open", run, cache, kind, *policy.values)
    if scan.partial:
        for keys in named_keys(conn, cache, scan):
            queries.value(conn, "reconcile_keys", run, cache, keys)
            scan.rest()
        queries.value(conn, "reconcile_judge", run, cache, scan.standby is not None)
        return
    total: int = queries.value(conn, "key_estimate", cache)
    more = True
    while more:
        step = queries.row(conn, "reconcile_range", run, cache, scan.batch_size)
        assert step is not None
        more = step["more"]
        if progress:
            # The number of keys is the planner's estimate, which may be too low.
            done = step["checked"]
            progress(f"{cache}: reading", done, max(total, done + 1) if more else done)
        if more:
            scan.rest()


def _correct(conn: psycopg.Connection[Any], run: int, cache: str, scan: Scan, progress: Progress | None) -> None:
    left: int = queries.value(conn, "found_left", run, cache)
    done = 0
    while step := queries.value(conn, "reconcile_step", run, cache, scan.batch_size or BATCH):
        done += step
        if progress:
            progress(cache, done, left)
        scan.rest()


def _resumed(conn: psycopg.Connection[Any], cache: str, policy: Policy) -> queries.Row | None:
    """The pass to go on with; it goes on as it began."""
    begun = queries.row(conn, "resumable", cache)
    if begun is None:
        return None
    for asked, name in zip(policy.values, POLICY_COLUMNS, strict=True):
        if asked is not None and asked != begun[name]:
            raise PgcacheError(
                f"the interrupted pass {begun['id']} over cache {cache!r} began with {name.replace('_', ' ')} "
                f"{begun[name]}, not {asked}; give the same again to resume it, or leave --resume out to begin anew"
            )
    return begun


@contextmanager
def _alone(conn: psycopg.Connection[Any], cache: str, *, wait: bool) -> Iterator[None]:
    taken = queries.row(conn, "pass_lock", cache, wait)
    assert taken is not None
    if not taken["granted"]:
        by = f", by backend {taken['pid']}" if taken["pid"] else ""
        raise PgcacheError(
            f"another pass over cache {cache!r} is running{by}; let it end, or wait for it with reconcile --wait"
        )
    try:
        yield
    finally:
        if takes_statements(conn):  # else its end releases the lock
            queries.value(conn, "pass_unlock", cache)

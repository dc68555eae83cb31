"""Computes the keys that are marked or due, in small transactions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import psycopg

from pgcache import queries

BATCH = 10_000
"""How many marks are taken in one transaction: the rows of their keys stay locked until it ends."""

Progress = Callable[[str, int, int], None]
"""Told the cache, how much of the work is done, and how much there was: marks, or keys that drifted."""


@dataclass(frozen=True)
class Refreshed:
    """What a refresh of one cache did, and what is stale after it.

    `failed` keys stay marked, and are tried again by the next refresh; `oldest_mark` is the age of the oldest mark.
    """

    cache: str
    refreshed: int
    failed: int
    dirty: int
    oldest_mark: timedelta | None


def refresh(
    conn: psycopg.Connection[Any],
    cache: str,
    progress: Progress | None = None,
    *,
    kind: Literal["refresh", "backfill"] = "refresh",
    stopping: Callable[[], bool] = lambda: False,
) -> Refreshed:
    """Compute the keys of a cache that were marked or due when it began.

    Refreshes of one cache take turns, transaction by transaction. One that is killed leaves what it has committed, and
    the marks of the rest.

    Parameters
    ----------
    conn:
        An autocommit connection.
    cache:
        The name of an installed cache, of any mode.
    progress:
        Told after every transaction.
    kind:
        A "backfill" of a deferred cache marks every key first.
    stopping:
        Asked before every transaction whether to leave the rest to the next refresh.
    """
    run: int = queries.value(conn, "next_run")
    marks: int = queries.value(conn, "refresh_begin", run, cache, kind)
    done = 0
    while done < marks and not stopping():
        taken: int = queries.value(conn, "refresh_step", run, cache, BATCH)
        if taken == 0:  # another refresh took the rest
            break
        done += taken
        if progress:
            progress(cache, min(done, marks), marks)
    row = queries.row(conn, "refresh_end", run, cache)
    assert row is not None
    return Refreshed(cache, **row)

"""Folds what is pending for the installed caches into their target rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import errors

from pgcache import queries
from pgcache.errors import PgcacheError
from pgcache.reconcile import caches_of, installed_caches

BATCH = 1000
"""How many keys are folded in one transaction; their rows stay locked until it ends."""


@dataclass(frozen=True)
class Folded:
    """What a fold did to one cache: deltas that were folded, and those that still wait.

    `failures` tells what could not be folded, one line each.
    """

    cache: str
    folded: int
    left: int
    failures: tuple[str, ...]


def fold(conn: psycopg.Connection[Any], names: Sequence[str] = ()) -> list[Folded]:
    """Fold what is pending, in small transactions that wait for nobody.

    Parameters
    ----------
    conn:
        An autocommit connection.
    names:
        The caches to fold; all in mode nowait where none is named.

    Returns
    -------
    list
        One for each cache. What somebody else holds is left to the next fold, and so is what came meanwhile.

    Raises
    ------
    PgcacheError
        There is no such cache, or nothing is ever pending for it.
    """
    modes = {row["name"]: row["mode"] for row in installed_caches(conn)}
    if not names:
        return [_fold(conn, name) for name, mode in modes.items() if mode == "nowait"]
    wanted = caches_of(conn, names=names)
    for name in wanted:
        if modes[name] != "nowait":
            raise PgcacheError(
                f"cache {name!r} is in mode {modes[name]}, in which nothing is ever pending; "
                "leave --cache out to fold every cache in mode nowait"
            )
    return [_fold(conn, name) for name in wanted]


def _fold(conn: psycopg.Connection[Any], cache: str) -> Folded:
    failures: dict[str, None] = {}

    def note(diagnostic: errors.Diagnostic) -> None:
        if diagnostic.severity_nonlocalized == "WARNING" and diagnostic.message_primary:
            failures[diagnostic.message_primary] = None

    pending: int = queries.value(conn, "count_pending", cache)
    folded = 0
    conn.add_notice_handler(note)
    try:
        # Bounded by what was there at first: under load there is always more.
        while folded < pending and (step := queries.value(conn, "fold", cache, BATCH)):
            folded += step
    finally:
        conn.remove_notice_handler(note)
    return Folded(cache, folded, queries.value(conn, "count_pending", cache), tuple(failures))

"""The jobs that the installed caches need to be run regularly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql

from pgcache import queries
from pgcache.errors import PgcacheError
from pgcache.reconcile import installed_caches

DEFAULT_PACE = timedelta(minutes=2)
"""How often a deferred cache is refreshed that does not say."""

_MINUTE, _HOUR, _DAY = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))


@dataclass(frozen=True)
class Job:
    """Something to run regularly: at a pace, or where there is none once a day, at night.

    `arguments` are those of the command pgcache; `statements` do the same in SQL, one for each cache.
    """

    name: str
    arguments: tuple[str, ...]
    statements: Mapping[str, str]
    pace: timedelta | None

    @property
    def cron(self) -> str:
        """The five fields of cron: the longest step that is not longer than the pace and divides an hour or a day."""
        if self.pace is None:
            return "40 3 * * *"
        if self.pace >= _DAY:
            return "5 0 * * *"
        if self.pace < _HOUR:
            minutes = _step(self.pace // _MINUTE, 60)
            return f"*/{minutes} * * * *" if minutes > 1 else "* * * * *"
        hours = _step(self.pace // _HOUR, 24)
        return f"5 */{hours} * * *" if hours > 1 else "5 * * * *"


def _step(most: int, whole: int) -> int:
    return max((n for n in range(1, most + 1) if whole % n == 0), default=1)


def jobs(conn: psycopg.Connection[Any]) -> list[Job]:
    """Give the jobs that the installed caches need.

    Raises
    ------
    PgcacheError
        pgcache is not installed in this database, or has no caches yet.
    """
    caches = installed_caches(conn)
    if not caches:
        raise PgcacheError("no caches are installed in this database; run pgcache migrate")
    found = list(_refreshes([cache for cache in caches if cache["mode"] == "deferred"]))
    folded = [cache["name"] for cache in caches if cache["mode"] == "nowait"]
    if folded:
        found.append(Job("fold", ("fold",), _calls("SELECT pgcache.fold({})", folded), _MINUTE))
    # It is another day at another hour in each time zone; a run that finds nothing to close costs nothing.
    rollovers = {cache["name"]: sql.SQL(cache["rollover"]) for cache in caches if cache["rollover"]}
    if rollovers:
        closing = sql.SQL("SELECT count(*) FROM {}()")
        statements = {name: closing.format(rpc).as_string() for name, rpc in rollovers.items()}
        found.append(Job("rollover", ("rollover",), statements, _HOUR))
    everything = [cache["name"] for cache in caches]
    found.append(Job("reconcile", ("reconcile",), _calls("SELECT * FROM pgcache.reconcile({})", everything), None))
    return found


def _refreshes(caches: Sequence[queries.Row]) -> Iterator[Job]:
    """One job for all deferred caches, or one for each pace where they have different ones."""
    paces = {cache["name"]: cache["refresh_every"] or DEFAULT_PACE for cache in caches}
    different = sorted(set(paces.values()))
    for number, pace in enumerate(different, 1):
        names = [name for name, own in paces.items() if own == pace]
        chosen = tuple(word for name in names for word in ("--cache", name)) if len(different) > 1 else ()
        yield Job(
            "refresh" if number == 1 else f"refresh-{number}",
            # Several refreshes in a row that did not come, or failed, are an alarm.
            ("refresh", *chosen, "--max-age", f"{round(5 * pace.total_seconds())}s"),
            _calls("SELECT pgcache.refresh({})", names),
            pace,
        )


def _calls(call: str, names: Sequence[str]) -> dict[str, str]:
    return {name: sql.SQL(call).format(sql.Literal(name)).as_string() for name in names}

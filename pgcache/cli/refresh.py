"""pgcache refresh."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import click
import psycopg

from pgcache import queries
from pgcache.cli.errors import FAILED, database_error
from pgcache.cli.options import Duration, Settings, dsn_option, json_option, pass_settings
from pgcache.cli.output import print_json, print_table, progress_bar, say
from pgcache.connection import connect
from pgcache.reconcile import caches_of
from pgcache.refresh import Refreshed, refresh
from pgcache.refresher import Refresher

STALE = 4
MOST_FAILURES = 10
COLUMNS = {
    "cache": "cache",
    "refreshed": "refreshed",
    "failed": "failed",
    "dirty": "still dirty",
    "oldest_mark": "oldest mark",
}


@click.command()
@click.option("--cache", "names", metavar="NAME", multiple=True, help="A cache, else all; may be repeated.")
@click.option(
    "--every", metavar="DURATION", type=Duration(), help="Keep running, and refresh at this pace: 30s, 2m, '2 minutes'."
)
@click.option(
    "--max-age",
    metavar="DURATION",
    type=Duration(),
    help="Exit with code 4 where a key is still stale after the refresh, and has been for longer than this.",
)
@json_option
@dsn_option
@pass_settings
def command(
    settings: Settings, names: tuple[str, ...], every: timedelta | None, max_age: timedelta | None, as_json: bool
) -> int:
    """Compute the keys that are marked or due.

    For deferred caches; those of other modes are looked at too, since they have marks in rare cases. Writers are not
    blocked. A key that cannot be computed is told, stays marked, and keeps none of the others waiting; exit code 1.

    With --every it runs until SIGTERM or SIGINT, which it follows between two transactions. Any number of copies may
    run: each cache is refreshed by one of them, and by another one when that ends. A lost server is waited for.

    \b
    Examples:
      pgcache refresh --max-age 5m
      pgcache refresh --every '2 minutes'
    """
    if every is not None:
        if max_age is not None or as_json:
            raise click.UsageError("--every has no result to print or to judge; leave out --max-age and --json")
        if every <= timedelta(0):
            raise click.BadParameter("it must be more than nothing", param_hint="--every")
        Refresher(lambda: connect(settings.dsn), database_error, say, every, names, _tell).run()
        return 0
    with settings.database() as conn, progress_bar() as progress:
        done = [refresh(conn, cache, progress) for cache in caches_of(conn, names=names)]
        failures = [line for refreshed in done for line in _failures(conn, refreshed)]
    if as_json:
        print_json({"caches": [asdict(refreshed) for refreshed in done]})
    else:
        print_table([asdict(refreshed) for refreshed in done], COLUMNS)
    for line in failures:
        say(line)
    stale = [r for r in done if max_age is not None and r.oldest_mark is not None and r.oldest_mark > max_age]
    for refreshed in stale:
        say(f"pgcache: cache {refreshed.cache} has been stale for {refreshed.oldest_mark}; see pgcache status")
    return STALE if stale else FAILED if failures else 0


def _tell(conn: psycopg.Connection[Any], refreshed: Refreshed) -> None:
    """What a refresher says of one refresh: nothing where there was nothing to do."""
    if refreshed.refreshed or refreshed.failed:
        say(f"cache {refreshed.cache}: {refreshed.refreshed} keys refreshed")
    for line in _failures(conn, refreshed):
        say(line)


def _failures(conn: psycopg.Connection[Any], refreshed: Refreshed) -> Iterator[str]:
    if not refreshed.failed:
        return
    rows = queries.rows(conn, "failures", refreshed.cache)
    for row in rows[:MOST_FAILURES]:
        error = " ".join(row["error"].split())
        yield f"pgcache: key {json.dumps(row['key'])} of cache {refreshed.cache}: {error}; it is tried again each time"
    if len(rows) > MOST_FAILURES:
        yield f"pgcache: {len(rows) - MOST_FAILURES} more keys of cache {refreshed.cache}; see pgcache.failures"

"""pgcache fold."""

from __future__ import annotations

from dataclasses import asdict

import click

from pgcache.cli.options import Settings, dsn_option, json_option, pass_settings
from pgcache.cli.output import print_json, print_table, say
from pgcache.errors import PgcacheError
from pgcache.fold import fold


@click.command()
@click.option("--cache", "caches", metavar="NAME", multiple=True, help="Fold this cache alone; may be repeated.")
@json_option
@dsn_option
@pass_settings
def command(settings: Settings, caches: tuple[str, ...], as_json: bool) -> None:
    """Fold what is pending into the target rows, for caches in mode nowait.

    It waits for nobody: deltas for a row that another transaction holds stay pending, and count at reading. For cron,
    every minute or so; writers fold what they meet themselves.

    \b
    Example:
      pgcache fold
    """
    with settings.database() as conn:
        results = fold(conn, caches)
    if as_json:
        print_json({"caches": [asdict(result) for result in results]})
    elif results:
        rows = [asdict(result) for result in results]
        print_table(rows, {"cache": "cache", "folded": "folded", "left": "still pending"})
    else:
        say("No cache is in mode nowait.")
    failures = [line for result in results for line in result.failures]
    if failures:
        raise PgcacheError("\n".join(failures))

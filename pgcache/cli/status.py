"""pgcache status."""

from __future__ import annotations

import click

from pgcache import queries
from pgcache.cli.options import Settings, dsn_option, json_option, pass_settings
from pgcache.cli.output import print_json, print_table
from pgcache.reconcile import installed_caches

COLUMNS = {
    "cache": "cache",
    "mode": "mode",
    "target": "target",
    "rows": "rows (estimate)",
    "dirty": "dirty",
    "oldest_mark": "oldest mark",
    "backfilled_at": "backfilled",
    "last_reconcile": "last reconcile",
    "last_drifted": "drifted",
    "last_max_abs_drift": "max drift",
    "open_drift": "open drift",
}


@click.command()
@json_option
@dsn_option
@pass_settings
def command(settings: Settings, as_json: bool) -> None:
    """Show the installed caches and what the last reconcile found.

    The number of rows is the planner's estimate: 0 until the target has been analysed.

    \b
    Example:
      pgcache status
    """
    with settings.database() as conn:
        installed_caches(conn)
        rows = queries.rows(conn, "status")
    if as_json:
        print_json({"caches": rows})
    else:
        print_table(rows, COLUMNS)

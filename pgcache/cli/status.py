"""pgcache status."""

from __future__ import annotations

import click

from pgcache import queries
from pgcache.cli.options import Settings, dsn_option, json_option, pass_settings
from pgcache.cli.output import print_json, print_table
from pgcache.prometheus import exposition
from pgcache.reconcile import installed_caches
from pgcache.timeline import coverage

COLUMNS = {
    "cache": "cache",
    "mode": "mode",
    "target": "target",
    "rows": "rows (estimate)",
    "pending": "pending",
    "dirty": "dirty",
    "oldest_mark": "oldest mark",
    "backfilled_at": "backfilled",
    "last_reconcile": "last reconcile",
    "last_drifted": "drifted",
    "last_max_abs_drift": "max drift",
    "open_drift": "open drift",
}
TIMELINE_COLUMNS = {
    "cache": "timeline",
    "entries": "entries",
    "accounts": "accounts",
    "active_accounts": "active",
    "first_month": "first month",
    "last_month": "last month",
    "months": "months",
}


@click.command()
@click.option(
    "--prometheus", is_flag=True, help="Print the figures that a monitor should watch, in Prometheus' format."
)
@json_option
@dsn_option
@pass_settings
def command(settings: Settings, prometheus: bool, as_json: bool) -> None:
    """Show the installed caches and what the last reconcile found.

    The number of rows is the planner's estimate: 0 until the target has been analysed. Of a timeline also what it
    covers, with some balances of the current month.

    \b
    Examples:
      pgcache status
      pgcache status --prometheus > pgcache.prom.new && mv pgcache.prom.new pgcache.prom
    """
    if prometheus and as_json:
        raise click.UsageError("--prometheus and --json exclude each other")
    if prometheus:
        with settings.database() as conn:
            installed_caches(conn)
            for line in exposition(queries.rows(conn, "metrics")):
                click.echo(line)
        return
    with settings.database() as conn:
        timelines = [cache["name"] for cache in installed_caches(conn) if cache["timeline"]]
        rows = queries.rows(conn, "status")
        covered = {name: coverage(conn, name) for name in timelines}
    if as_json:
        caches = [{**row, "timeline": covered[row["cache"]]} if row["cache"] in covered else row for row in rows]
        print_json({"caches": caches})
    else:
        print_table(rows, COLUMNS)
        for name, found in covered.items():
            click.echo()
            print_table([{"cache": name, **found}], TIMELINE_COLUMNS)
            if found["samples"]:
                click.echo()
                print_table(found["samples"], {column: column.replace("_", " ") for column in found["samples"][0]})

"""pgcache drift."""

from __future__ import annotations

import click

from pgcache import queries
from pgcache.cli.options import Settings, dsn_option, json_option, pass_settings
from pgcache.cli.output import print_json, print_table
from pgcache.reconcile import caches_of

COLUMNS = {
    "id": "id",
    "run_id": "run",
    "cache": "cache",
    "key": "key",
    "measure": "measure",
    "cached": "cached",
    "computed": "computed",
    "drift": "drift",
    "status": "status",
    "first_seen": "first seen",
    "resolved_at": "resolved",
    "resolved_by": "by",
}


@click.group(no_args_is_help=False)
def command() -> None:
    """The log of the discrepancies that were found."""


@command.command("list")
@click.option("--cache", "names", metavar="NAME", multiple=True, help="Of this cache alone; may be repeated.")
@json_option
@dsn_option
@pass_settings
def show(settings: Settings, names: tuple[str, ...], as_json: bool) -> None:
    """List every discrepancy and what became of it, oldest first.

    \b
    Example:
      pgcache drift list --cache account_balance
    """
    with settings.database() as conn:
        caches = caches_of(conn, names=names)
        rows = queries.rows(conn, "drift", list(caches) if names else None)
    if as_json:
        print_json({"drifts": rows})
    else:
        print_table(rows, COLUMNS)

"""pgcache rollover."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime

import click

from pgcache.cli.options import Settings, dsn_option, json_option, pass_settings
from pgcache.cli.output import print_json, print_table
from pgcache.rollover import rollover


@click.command()
@click.option(
    "--as-of",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Close the periods that end before this day, as YYYY-MM-DD; else before today.",
)
@json_option
@dsn_option
@pass_settings
def command(settings: Settings, as_of: datetime | None, as_json: bool) -> None:
    """Close the periods that ended, open the next ones.

    A budget that missed several periods steps through all of them. A second run finds nothing to close.

    \b
    Example:
      pgcache rollover --as-of 2025-07-01
    """
    day: date | None = as_of.date() if as_of else None
    with settings.database() as conn:
        closed = rollover(conn, day)
    if as_json:
        print_json({"periods": [asdict(period) for period in closed]})
    elif closed:
        print_table([asdict(period) for period in closed], {"cache": "cache", "period": "closed period"})
    else:
        click.echo("No period has ended.")

"""pgcache recompute."""

from __future__ import annotations

from dataclasses import asdict

import click

from pgcache.cli.options import Settings, dsn_option, json_option, pass_settings
from pgcache.cli.output import print_json, print_table
from pgcache.recompute import recompute

COLUMNS = {"key": "key", "measure": "measure", "value": "value"}


@click.command()
@click.argument("cache")
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@json_option
@dsn_option
@pass_settings
def command(settings: Settings, cache: str, keys: tuple[str, ...], as_json: bool) -> None:
    """Make single keys exact, and print their figures.

    A key of several columns takes several KEYs, in the order of the declaration. Write -- before a KEY that begins
    with a minus sign.

    \b
    Example:
      pgcache recompute account_balance f3b5a6ab-9a35-4d5f-9d0a-0a6f1f1c1c11
    """
    with settings.database() as conn:
        rows = [asdict(found) for found in recompute(conn, cache, keys)]
    if as_json:
        print_json({"cache": cache, "keys": rows})
    else:
        print_table(rows, COLUMNS)

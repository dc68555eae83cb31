"""pgcache timeline."""

from __future__ import annotations

import csv
import re
import shutil
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import click

from pgcache.cli.options import Settings, dsn_option, json_option, pass_settings
from pgcache.cli.output import plain, print_json, print_table
from pgcache.image_plot import draw
from pgcache.text_plot import plot
from pgcache.timeline import Month, NetWorth, net_worth

COLUMNS = {"label": "month", "actual": "actual", "projected": "projected", "shows": "shows"}
MOST_MONTHS = 120_000


class MonthName(click.ParamType[tuple[int, int]]):
    """A month, as YYYY-MM."""

    name = "month"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", value, re.ASCII)
        if match is None or match[1] == "0000":
            self.fail(f"{value!r} is not a month such as 2024-01", param, ctx)
        return int(match[1]), int(match[2])


@click.command()
@click.option("--from", "start", metavar="YYYY-MM", type=MonthName(), required=True, help="The first month.")
@click.option(
    "--months", metavar="N", type=click.IntRange(1, MOST_MONTHS), default=24, show_default=True, help="How many."
)
@click.option("--active", "active_only", is_flag=True, help="Leave out the accounts that are not in use any more.")
@click.option("--cache", metavar="NAME", help="The cache, where several have a timeline.")
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--png", metavar="FILE", type=click.Path(path_type=Path), help="Draw a picture too.")
@click.option("--svg", metavar="FILE", type=click.Path(path_type=Path), help="Draw a scalable picture too.")
@dsn_option
@pass_settings
def command(
    settings: Settings,
    start: tuple[int, int],
    months: int,
    active_only: bool,
    cache: str | None,
    as_json: bool,
    as_csv: bool,
    png: Path | None,
    svg: Path | None,
) -> None:
    """Show the net worth by month, actual and projected, as a table and a plot.

    All accounts together, at the end of each month. A month shows what is actual up to the current one, and what is
    projected after it. Pictures need the extra "plot".

    \b
    Examples:
      pgcache timeline --from 2024-01 --months 24
      pgcache timeline --from 2024-01 --csv --png net-worth.png
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other")
    with settings.database() as conn:
        found = net_worth(conn, *start, months, cache=cache, active_only=active_only)
    if png:
        draw(found, png, "png")
    if svg:
        draw(found, svg, "svg")
    if as_json:
        print_json({"cache": found.cache, "today": found.today, "months": [asdict(month) for month in found.months]})
    elif as_csv:
        _print_csv(found)
    else:
        print_table([asdict(month) for month in found.months], COLUMNS)
        click.echo()
        for line in plot(found, shutil.get_terminal_size().columns):
            click.echo(line)


def _print_csv(found: NetWorth) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(field.name for field in fields(Month))
    for month in found.months:
        writer.writerow((month.label, plain(month.actual), plain(month.projected), month.shows))

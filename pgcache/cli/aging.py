"""pgcache aging."""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import click

from pgcache.aging import AMOUNTS, Aging, aging
from pgcache.cli.options import Settings, dsn_option, json_option, pass_settings
from pgcache.cli.output import plain, print_json, print_table

HEADINGS = dict(
    zip(AMOUNTS, ("balance", "unbilled", "current", "1-30", "31-60", "61-90", "over 90", "credit"), strict=True)
)


@click.command()
@click.option("--cache", metavar="NAME", help="The cache, where several are aging schedules.")
@click.option(
    "--name", metavar="TABLE.COLUMN", help="What the accounts are called, of the table whose primary key they are."
)
@click.option("--limit", metavar="N", type=click.IntRange(1), help="Show the N accounts that owe most; else all.")
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, without the totals.")
@dsn_option
@pass_settings
def command(
    settings: Settings, cache: str | None, name: str | None, limit: int | None, as_json: bool, as_csv: bool
) -> None:
    """Show what each account owes, by how long it is overdue, with totals.

    The accounts whose balance is not 0, those that owe most first. The totals are those of all of them, also with
    --limit. The figures are those of the last refresh; accounts that have changed since are counted as dirty.

    \b
    Examples:
      pgcache aging --name account.name --limit 20
      pgcache aging --csv
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other")
    with settings.database() as conn:
        found = aging(conn, cache=cache, name=name, limit=limit)
    if as_json:
        print_json(asdict(found))
    elif as_csv:
        _print_csv(found)
    else:
        _print_table(found)


def _columns(found: Aging) -> tuple[str, ...]:
    return (*found.key, *(("name",) if found.accounts and "name" in found.accounts[0] else ()))


def _print_table(found: Aging) -> None:
    labels = _columns(found)
    # The first column may hold numbers, and a word stands below them.
    total: dict[str, Any] = {**dict.fromkeys(labels, ""), labels[0]: "total", **found.totals}
    rows = [{**row, **{label: str(row[label]) for label in labels}} for row in found.accounts]
    print_table([*rows, total], {**{label: label for label in labels}, **HEADINGS})
    click.echo()
    shown = f"{len(rows)} of " if len(rows) < found.count else ""
    click.echo(f"{shown}{found.count} account{'' if found.count == 1 else 's'} with a balance. {_freshness(found)}")


def _freshness(found: Aging) -> str:
    at = f"Refreshed at {found.refreshed_at.isoformat(' ', 'seconds')}" if found.refreshed_at else "Never refreshed"
    if found.oldest_mark is None:
        return f"{at}; none has changed since."
    return f"{at}; {found.dirty} dirty, the oldest for {round(found.oldest_mark.total_seconds())} s."


def _print_csv(found: Aging) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    columns = (*_columns(found), *AMOUNTS)
    writer.writerow(columns)
    for row in found.accounts:
        writer.writerow(plain(row[name]) if isinstance(row[name], Decimal) else row[name] for name in columns)

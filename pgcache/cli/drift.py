"""pgcache drift."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import get_args

import click

from pgcache import queries
from pgcache.cause import explain
from pgcache.cli.options import Duration, Settings, dsn_option, json_option, pass_settings
from pgcache.cli.output import json_text, print_json, print_table, text
from pgcache.model import Status
from pgcache.reconcile import caches_of, installed_caches

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


DECIDED_COLUMNS = {
    "id": "id",
    "cache": "cache",
    "key": "key",
    "measure": "measure",
    "cached": "cached",
    "computed": "computed",
    "drift": "drift",
    "status": "status",
    "decided_by": "by",
}
SHOWN = (
    "id",
    "cache",
    "key",
    "measure",
    "cached",
    "computed",
    "drift",
    "status",
    "first_seen",
    "last_seen",
    "resolved_at",
    "resolved_by",
    "decision",
    "decided_at",
    "decided_by",
)
ROW_COLUMNS = {"source": "source", "xid": "transaction", "content": "row", "adds": "adds"}
REPORT_COLUMNS = {
    "period": "from",
    "cache": "cache",
    "passes": "passes",
    "clean": "clean",
    "held": "held",
    "drifts": "drifts",
    "over_threshold": "over threshold",
    "amount": "amount",
    "max_abs_drift": "max drift",
    "corrected": "corrected",
    "rejected": "rejected",
    "open": "open",
}

cache_option = click.option(
    "--cache", "names", metavar="NAME", multiple=True, help="Of this cache alone; may be repeated."
)


@click.group(no_args_is_help=False)
def command() -> None:
    """The log of the discrepancies that were found, and the queue of those to review."""


@command.command("list")
@cache_option
@click.option(
    "--status",
    "statuses",
    type=click.Choice(get_args(Status)),
    multiple=True,
    help="Only those of this status, such as pending_review; may be repeated.",
)
@json_option
@dsn_option
@pass_settings
def listed(settings: Settings, names: tuple[str, ...], statuses: tuple[Status, ...], as_json: bool) -> None:
    """List every discrepancy and what became of it, oldest first.

    \b
    Examples:
      pgcache drift list --cache account_balance
      pgcache drift list --status pending_review
    """
    with settings.database() as conn:
        caches = caches_of(conn, names=names)
        rows = queries.rows(conn, "drift", list(caches) if names else None, list(statuses) or None)
    if as_json:
        print_json({"drifts": rows})
    else:
        print_table(rows, COLUMNS)


@command.command()
@click.argument("id_", metavar="ID", type=int)
@json_option
@dsn_option
@pass_settings
def show(settings: Settings, id_: int, as_json: bool) -> None:
    """Tell what is known about the cause of a discrepancy.

    The first run that found it and the last one before that found the key exact; what happened in between to triggers,
    tables and rows; and a verdict, with how sure it is.

    \b
    Example:
      pgcache drift show 17
    """
    with settings.database() as conn:
        cause = explain(conn, id_)
    if as_json:
        print_json(asdict(cause) | {"drift": {name: cause.drift[name] for name in SHOWN}})
        return
    for name in SHOWN:
        if cause.drift[name] is not None:
            click.echo(f"{name.replace('_', ' ')}: {text(cause.drift[name])}")
    click.echo(f"\n{cause.verdict.cause} ({cause.verdict.certainty}): {cause.verdict.reason}\n")
    for line in cause.evidence:
        click.echo(f"- {line}")
    if cause.rows:
        click.echo()
        print_table([row | {"content": json_text(row["content"])} for row in cause.rows], ROW_COLUMNS)


@command.command()
@click.argument("ids", metavar="ID...", type=int, nargs=-1, required=True)
@json_option
@dsn_option
@pass_settings
def approve(settings: Settings, ids: tuple[int, ...], as_json: bool) -> None:
    """Correct what was found, and keep who said so.

    What is applied is the drift as it is then, which may be another one by now, or none. The key is made exact, all of
    its measures. Each ID is one transaction; what is done when one of them is refused stays done.

    \b
    Example:
      pgcache drift approve 17 18
    """
    _decide(settings, "approve", ids, as_json)


@command.command()
@click.argument("ids", metavar="ID...", type=int, nargs=-1, required=True)
@json_option
@dsn_option
@pass_settings
def reject(settings: Settings, ids: tuple[int, ...], as_json: bool) -> None:
    """Leave what was found as it is, and keep who said so.

    The same drift is not queued again and raises no alarm, as long as reconcile does not correct. Another drift of the
    same key is queued anew. A rejected drift can still be approved.

    \b
    Example:
      pgcache drift reject 17
    """
    _decide(settings, "reject", ids, as_json)


def _decide(settings: Settings, decision: str, ids: tuple[int, ...], as_json: bool) -> None:
    decided: list[queries.Row] = []
    with settings.database() as conn:
        installed_caches(conn)
        try:
            for id_ in dict.fromkeys(ids):
                decided += queries.rows(conn, decision, id_)
        finally:
            if as_json:
                print_json({"drifts": decided})
            elif decided:
                print_table(decided, DECIDED_COLUMNS)


@command.command()
@cache_option
@click.option(
    "--by", type=click.Choice(("day", "week", "month")), default="day", show_default=True, help="How long each line is."
)
@click.option("--since", metavar="DURATION", type=Duration(), help="Only what is younger, such as 90d.")
@json_option
@dsn_option
@pass_settings
def report(settings: Settings, names: tuple[str, ...], by: str, since: timedelta | None, as_json: bool) -> None:
    """Show how much drift there was over time.

    A line for each cache and day, week or month in which it was reconciled: how many passes, how many of them found
    nothing over the threshold, and the drifts that were first seen then.

    \b
    Example:
      pgcache drift report --by week --since 90d
    """
    with settings.database() as conn:
        caches = caches_of(conn, names=names)
        rows = queries.rows(conn, "drift_report", list(caches) if names else None, by, since)
    if as_json:
        print_json({"by": by, "periods": rows})
    else:
        print_table(rows, REPORT_COLUMNS)

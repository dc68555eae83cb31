"""pgcache reconcile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import get_args

import click

from pgcache import queries
from pgcache.alert import alert
from pgcache.cli.options import (
    Amount,
    Command,
    Duration,
    Limit,
    Settings,
    Share,
    dsn_option,
    json_option,
    pass_settings,
)
from pgcache.cli.output import json_text, plain, print_json, print_table, progress_bar, say
from pgcache.model import Action
from pgcache.reconcile import Policy, Report, Result, caches_of, reconcile

DRIFT_OVER_THRESHOLD = 3
COLUMNS = {
    "cache": "cache",
    "checked": "checked",
    "drifted": "drifted",
    "over_threshold": "over threshold",
    "corrected": "corrected",
    "pending_review": "pending review",
    "max_abs_drift": "max drift",
    "seconds": "seconds",
}


@click.command()
@click.option("--cache", "names", metavar="NAME", multiple=True, help="A cache; may be repeated.")
@click.option("--model", "models", metavar="TABLE", multiple=True, help="The caches of a table; may be repeated.")
@click.option("--all", "everything", is_flag=True, help="All installed caches, which is also the default.")
@click.option("--threshold", type=Amount(), help="A drift of at most this raises no alarm; else as declared.")
@click.option(
    "--relative-threshold",
    metavar="SHARE",
    type=Share(),
    help="Nor does one of at most this share of the computed value, such as 0.1%; else as declared.",
)
@click.option("--action", type=click.Choice(get_args(Action)), help="What to do about drift; else as declared.")
@click.option(
    "--max-corrections",
    metavar="LIMIT",
    type=Limit(),
    help="Correct nothing where more keys drifted than this, such as 100 or 5%; else as declared.",
)
@click.option(
    "--alert-command",
    metavar="COMMAND",
    type=Command(),
    help="Where there is an alarm, run this, with what --json prints on its stdin.",
)
@click.option(
    "--keep",
    metavar="DURATION",
    type=Duration(),
    help="Afterwards forget closed drifts and runs that are older, such as 90d; else all are kept.",
)
@click.option("--dry-run", is_flag=True, help="Compare only: nothing is written, not even the log.")
@json_option
@dsn_option
@pass_settings
def command(
    settings: Settings,
    names: tuple[str, ...],
    models: tuple[str, ...],
    everything: bool,
    threshold: Decimal | None,
    relative_threshold: Decimal | None,
    action: Action | None,
    max_corrections: str | None,
    alert_command: tuple[str, ...] | None,
    keep: timedelta | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Find the drift of caches, log it and correct it.

    Compares every key with its history in one snapshot, and does about drift what the declaration or --action says.

    Writers are not blocked. Exit code 3: a drift was over the threshold, or more keys had drifted than may be
    corrected, so that none was; a line on stderr, for cron to mail, says so. Who listens on the channel pgcache_drift
    hears it too.

    \b
    Example, for cron:
      pgcache reconcile --all --threshold 0.50 --action correct
    """
    if keep is not None and dry_run:
        raise click.UsageError("--keep and --dry-run exclude each other")
    if sum(map(bool, (names, models, everything))) > 1:
        raise click.UsageError("--cache, --model and --all exclude each other")
    with settings.database() as conn, progress_bar() as progress:
        report = reconcile(
            conn,
            caches_of(conn, names=names, models=models),
            Policy(threshold, action, relative_threshold, max_corrections),
            dry_run=dry_run,
            progress=progress,
        )
        if keep is not None:
            queries.value(conn, "purge", keep)
    if as_json:
        print_json(_object(report))
    else:
        print_table([asdict(result) for result in report.caches], COLUMNS)
    if not report.alarming:
        return 0
    for line in _alarms(report):
        say(line)
    if alert_command:
        for line in alert(alert_command, json_text(_object(report))):
            say(line)
    return DRIFT_OVER_THRESHOLD


def _object(report: Report) -> dict[str, object]:
    return {"run_id": report.run_id, "caches": [_result(result) for result in report.caches]}


def _result(result: Result) -> dict[str, object]:
    # The duration alone is a number: nobody adds it up.
    figures = asdict(result) | {"seconds": float(result.seconds)}
    if not result.held:
        del figures["held"]
    return figures


def _alarms(report: Report) -> Iterator[str]:
    held = ", ".join(
        f"{result.cache} ({result.drifted} of {result.checked} keys)" for result in report.caches if result.held
    )
    if held:
        yield (
            f"pgcache: too much drift to be corrected unseen in {held}: nothing was changed; see pgcache doctor and "
            "pgcache drift list, and raise --max-corrections if it is right"
        )
    over = ", ".join(
        f"{result.cache} ({result.over_threshold} of {result.checked} keys, at most {plain(result.max_abs_drift)})"
        for result in report.caches
        if result.over_threshold and not result.held
    )
    if over:
        see = "pgcache reconcile corrects it" if report.run_id is None else "see pgcache drift list"
        yield f"pgcache: drift over the threshold in {over}; {see}"

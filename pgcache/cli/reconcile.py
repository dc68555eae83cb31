"""pgcache reconcile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Any, get_args

import click
import psycopg

from pgcache import queries
from pgcache.alert import alert
from pgcache.cli.options import (
    Amount,
    Command,
    Duration,
    Limit,
    Percent,
    Settings,
    Share,
    dsn_option,
    json_option,
    pass_settings,
)
from pgcache.cli.output import json_text, plain, print_json, print_table, progress_bar, say
from pgcache.model import Action
from pgcache.reconcile import Policy, Report, Result, caches_of, reconcile
from pgcache.scan import Scan, check_standby

DRIFT_OVER_THRESHOLD = 3
EXCLUDING = {
    "--sample": ("--since", "--scan-dsn", "--batch-size", "--resume"),
    "--since": ("--scan-dsn", "--batch-size", "--resume"),
    "--scan-dsn": ("--batch-size", "--resume"),
    "--dry-run": ("--batch-size", "--resume"),
}
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
@click.option(
    "--batch-size",
    metavar="KEYS",
    type=click.IntRange(min=1),
    help="Read and correct so many keys at a time, in key order; else all are read in one statement.",
)
@click.option(
    "--sleep",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    default=0,
    help="Rest so long after each transaction.",
)
@click.option("--resume", is_flag=True, help="Go on with a pass that was interrupted; begin anew where there is none.")
@click.option("--sample", metavar="PERCENT", type=Percent(), help="Check so many percent of the keys only, by chance.")
@click.option(
    "--since",
    metavar="DURATION",
    type=Duration(),
    help="Check only the keys whose source rows were written within this time, as `touched` in the declaration tells.",
)
@click.option(
    "--scan-dsn", metavar="DSN", help="Read this standby; what differs there is checked again on the primary."
)
@click.option("--wait", is_flag=True, help="Wait for another pass over the same cache to end; else it is an error.")
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
    batch_size: int | None,
    sleep: float,
    resume: bool,
    sample: Decimal | None,
    since: timedelta | None,
    scan_dsn: str | None,
    wait: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Find the drift of caches, log it and correct it.

    Compares every key with its history in one snapshot, and does about drift what the declaration or --action says.
    Where that is too much at a time, --batch-size goes through the keys in ranges, --sample looks at some of them, and
    --scan-dsn reads a standby instead.

    Writers are not blocked. Exit code 3: a drift was over the threshold, or more keys had drifted than may be
    corrected, so that none was; a line on stderr, for cron to mail, says so. Who listens on the channel pgcache_drift
    hears it too.

    \b
    Example, for cron:
      pgcache reconcile --all --threshold 0.50 --action correct
    \b
    Example, for a big table, ended at six by timeout(1) and taken up again the next night:
      timeout 6h pgcache reconcile --batch-size 10000 --sleep 0.1 --resume
    """
    if keep is not None and dry_run:
        raise click.UsageError("--keep and --dry-run exclude each other")
    if sum(map(bool, (names, models, everything))) > 1:
        raise click.UsageError("--cache, --model and --all exclude each other")
    _refuse_together(
        {
            "--batch-size": batch_size,
            "--resume": resume,
            "--sample": sample,
            "--since": since,
            "--scan-dsn": scan_dsn,
            "--dry-run": dry_run,
        }
    )
    with ExitStack() as stack:
        conn = stack.enter_context(settings.database())
        standby = stack.enter_context(_standby(conn, scan_dsn)) if scan_dsn is not None else None
        report = reconcile(
            conn,
            caches_of(conn, names=names, models=models),
            Policy(threshold, action, relative_threshold, max_corrections),
            Scan(batch_size, sleep, resume, sample, standby, wait, since),
            dry_run=dry_run,
            progress=stack.enter_context(progress_bar()),
        )
        if keep is not None:
            queries.value(conn, "purge", keep)
    if as_json:
        print_json(_object(report))
    else:
        print_table([asdict(result) for result in report.caches], COLUMNS)
    for line in _stale(report):
        say(line)
    if not report.alarming:
        return 0
    for line in _alarms(report):
        say(line)
    if alert_command:
        for line in alert(alert_command, json_text(_object(report))):
            say(line)
    return DRIFT_OVER_THRESHOLD


def _refuse_together(given: Mapping[str, object]) -> None:
    used = [option for option, value in given.items() if value is not None and value is not False]
    for one, others in EXCLUDING.items():
        for other in others:
            if one in used and other in used:
                raise click.UsageError(f"{one} and {other} exclude each other")


@contextmanager
def _standby(conn: psycopg.Connection[Any], dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with Settings(dsn=dsn).database() as standby:
        standby.autocommit = False
        check_standby(conn, standby)
        yield standby


def _object(report: Report) -> dict[str, object]:
    return {"run_id": report.run_id, "caches": [_result(result) for result in report.caches]}


def _result(result: Result) -> dict[str, object]:
    # The duration alone is a number: nobody adds it up.
    figures = asdict(result) | {"seconds": float(result.seconds)}
    if not result.held:
        del figures["held"]
    if not result.stale:
        del figures["stale"]
    return figures


def _stale(report: Report) -> Iterator[str]:
    """What a dry run says of figures that it could not judge."""
    for result in report.caches if report.run_id is None else ():
        if result.stale:
            yield f"{result.stale} key(s) of cache {result.cache} are stale, which is no drift: see pgcache refresh"


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

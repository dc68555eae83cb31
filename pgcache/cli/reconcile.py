"""pgcache reconcile."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import get_args

import click

from pgcache.cli.options import Amount, Settings, dsn_option, json_option, pass_settings
from pgcache.cli.output import plain, print_json, print_table, progress_bar, say
from pgcache.model import Action
from pgcache.reconcile import Report, caches_of, reconcile

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
@click.option("--action", type=click.Choice(get_args(Action)), help="What to do about drift; else as declared.")
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
    action: Action | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Find the drift of caches, log it and correct it.

    Compares every key with its history in one snapshot, and does about drift what the declaration or --action says.

    Writers are not blocked. Exit code 3: a drift was over the threshold; a line on stderr, for cron to mail, says so.

    \b
    Example, for cron:
      pgcache reconcile --all --threshold 0.50 --action correct
    """
    if sum(map(bool, (names, models, everything))) > 1:
        raise click.UsageError("--cache, --model and --all exclude each other")
    with settings.database() as conn, progress_bar() as progress:
        report = reconcile(
            conn,
            caches_of(conn, names=names, models=models),
            threshold=threshold,
            action=action,
            dry_run=dry_run,
            progress=progress,
        )
    if as_json:
        print_json(_object(report))
    else:
        print_table([asdict(result) for result in report.caches], COLUMNS)
    if not report.over_threshold:
        return 0
    say(_alarm(report))
    return DRIFT_OVER_THRESHOLD


def _object(report: Report) -> dict[str, object]:
    # The duration alone is a number: nobody adds it up.
    caches = [asdict(result) | {"seconds": float(result.seconds)} for result in report.caches]
    return {"run_id": report.run_id, "caches": caches}


def _alarm(report: Report) -> str:
    caches = (
        f"{result.cache} ({result.over_threshold} of {result.checked} keys, at most {plain(result.max_abs_drift)})"
        for result in report.caches
        if result.over_threshold
    )
    see = "pgcache reconcile corrects it" if report.run_id is None else "see pgcache drift list"
    return f"pgcache: drift over the threshold in {', '.join(caches)}; {see}"

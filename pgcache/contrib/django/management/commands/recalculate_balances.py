"""manage.py recalculate_balances: pgcache reconcile, on a database of Django's settings."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, get_args

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, connections
from django.db import Error as DjangoDatabaseError

from pgcache.cli.errors import database_error
from pgcache.cli.reconcile import DRIFT_OVER_THRESHOLD
from pgcache.discrepancies import Discrepancy, discrepancies
from pgcache.errors import PgcacheError
from pgcache.model import Action
from pgcache.policy import parse_amount
from pgcache.reconcile import Policy, Result, caches_of, reconcile


def _amount(text: str) -> Decimal:
    amount = parse_amount(text)
    if amount is None:
        raise ArgumentTypeError(f"{text!r} is not an amount of 0 or more, such as 0.50")
    return amount


class Command(BaseCommand):
    """`pgcache reconcile` for Django: it prints every discrepancy, and exits with 3 where one is over the threshold."""

    help = (
        "Calculates cached balances from their history, compares them, logs each discrepancy and corrects it. "
        "Exit code 3: a drift was over the threshold."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--model",
            dest="models",
            metavar="TABLE",
            action="append",
            default=[],
            help="The caches of a table, as a model's db_table names it; may be repeated.",
        )
        which.add_argument("--all", action="store_true", help="All installed caches, which is also the default.")
        parser.add_argument(
            "--threshold", type=_amount, metavar="X", help="A drift of at most this raises no alarm; else as declared."
        )
        parser.add_argument("--action", choices=get_args(Action), help="What to do about drift; else as declared.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Compare only: nothing is written, not even the log."
        )
        parser.add_argument(
            "--database", choices=tuple(connections), default=DEFAULT_DB_ALIAS, help="The alias of the database."
        )

    def handle(
        self,
        *,
        models: Sequence[str],
        threshold: Decimal | None,
        action: Action | None,
        dry_run: bool,
        database: str,
        **options: Any,  # noqa: ARG002
    ) -> None:
        with _connection(database) as conn:
            report = reconcile(conn, caches_of(conn, models=models), Policy(threshold, action), dry_run=dry_run)
            for discrepancy in discrepancies(conn, report):
                self.stdout.write(_line(discrepancy))
        for result in report.caches:
            self.stdout.write(_summary(result))
        self.stdout.flush()  # before the alarm, also where both go to one file
        held = ", ".join(result.cache for result in report.caches if result.held)
        if held:
            problem = f"too much drift to be corrected unseen in {held}: nothing was changed; see pgcache doctor"
            raise CommandError(problem, returncode=DRIFT_OVER_THRESHOLD)
        if report.alarming:
            caches = ", ".join(result.cache for result in report.caches if result.over_threshold)
            raise CommandError(f"drift over the threshold in {caches}", returncode=DRIFT_OVER_THRESHOLD)


@contextmanager
def _connection(alias: str) -> Iterator[psycopg.Connection[Any]]:
    """Django's own connection, so that a test case's transaction is seen too; what fails is told in one line."""
    connection = connections[alias]
    if connection.vendor != "postgresql":
        raise CommandError(f"database {alias!r} is {connection.display_name}; name a PostgreSQL one with --database")
    try:
        # The pass commits as it goes, also where the project has set AUTOCOMMIT to False.
        if not connection.in_atomic_block:
            connection.set_autocommit(True)
        yield connection.connection
    except DjangoDatabaseError as error:
        raise CommandError(f"cannot connect to database {alias!r}: {' '.join(str(error).split())}") from error
    except psycopg.Error as error:
        raise CommandError(database_error(error, connection.connection)) from error
    except PgcacheError as error:
        raise CommandError(str(error), returncode=error.exit_code) from error


def _line(found: Discrepancy) -> str:
    key = " ".join(f"{column}={value}" for column, value in found.key.items())
    cached = "nothing" if found.cached is None else f"{found.cached:f}"
    return (
        f"{found.cache} {key}: {found.measure} cached {cached}, computed {found.computed:f}, "
        f"drift {found.drift:f} ({found.status.replace('_', ' ')})"
    )


def _summary(result: Result) -> str:
    return (
        f"{result.cache}: {result.checked} checked, {result.drifted} drifted, {result.over_threshold} over the "
        f"threshold, {result.corrected} corrected, {result.pending_review} pending review"
    )

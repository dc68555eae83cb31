"""pgcache demo."""

from __future__ import annotations

import io
from contextlib import closing, redirect_stderr
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from psycopg.rows import dict_row

from pgcache import resources
from pgcache.cli import cli
from pgcache.cli.options import Settings
from pgcache.cli.output import print_table
from pgcache.connection import connect
from pgcache.embedded import EmbeddedServer
from pgcache.errors import PgcacheError

BALANCES_VIEW = """
CREATE TEMPORARY VIEW balances AS
SELECT name, cached_balance, opening_balance + (
           SELECT sum(CASE flow_type WHEN 'income' THEN amount ELSE -amount END)
             FROM transaction
            WHERE account_id = account.id AND deleted_at IS NULL) AS from_history
  FROM account
 ORDER BY name
"""
BALANCES = "SELECT * FROM balances"
BUDGETS = "SELECT name, period_start, period_end, amount, cached_consumption FROM budget ORDER BY name"
SOFT_DELETE = "UPDATE transaction SET deleted_at = now() WHERE description = 'Hotel in Lisbon'"
TRANSFER = """
INSERT INTO transaction (account_id, flow_type, amount, description, transfer_id)
SELECT id, CASE name WHEN 'Everyday' THEN 'outcome' ELSE 'income' END, 250.00, 'To savings', md5('demo')::uuid
  FROM account
 WHERE name IN ('Everyday', 'Savings')
"""
PAST_THE_TRIGGERS = "SET session_replication_role = replica"
BY_HAND = "UPDATE account SET cached_balance = cached_balance + 100.00 WHERE name = 'Savings'"
UNSEEN = "DELETE FROM transaction WHERE description = 'Flights to Lisbon'"
WITH_TRIGGERS = "RESET session_replication_role"


@click.command()
def command() -> None:
    """Show the whole job on a PostgreSQL of its own.

    Tables and example data, balances that stay exact, drift made by hand, and the reconcile that finds and repairs it.
    The server and its data are temporary; no other database is touched.

    \b
    Example:
      pgcache demo
    """
    with TemporaryDirectory(prefix="pgcache-demo-") as directory, EmbeddedServer(settings={"fsync": "off"}) as server:
        _Demo(Settings(server.dsn(), Path(directory, "pgcache.toml"))).run()


class _Demo:
    """Runs what a user would run, and prints it: commands after a $, statements after a >."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def run(self) -> None:
        with closing(connect(self.settings.dsn)) as self.conn:
            _title("A declaration, its tables and triggers, and a household's first half of 2025")
            self.pgcache("init finance")
            self.pgcache("migrate --with-tables")
            self.conn.execute(resources.sql("presets", "finance", "example.sql").encode())
            click.echo("\n(a household was loaded: three accounts, five budgets, about 350 transactions)")
            self.sql(BALANCES_VIEW)
            self.sql(BALANCES)
            self.sql(BUDGETS)

            _title("A soft-delete and a transfer: the cached columns follow in the same transaction")
            self.sql(SOFT_DELETE)
            self.sql(TRANSFER)
            self.sql(BALANCES)
            self.sql(BUDGETS)
            self.pgcache("reconcile")

            _title("What no trigger sees makes drift: a restore, a replica, a disabled trigger")
            for statement in (PAST_THE_TRIGGERS, BY_HAND, UNSEEN, WITH_TRIGGERS, BALANCES):
                self.sql(statement)

            _title("Reconcile, as cron runs it, finds the drift, says so, and repairs it")
            self.pgcache("reconcile --dry-run", expected=3)
            self.pgcache("reconcile --threshold 0.50", expected=3)
            self.pgcache("drift list")
            self.sql(BALANCES)

            _title("Why: what is known about each, and how sure it is")
            self.pgcache("drift show 1")
            self.pgcache("drift show 2")

            _title("From here on there is nothing to find")
            self.pgcache("reconcile --threshold 0.50")
            self.pgcache("plan")
            self.pgcache("status")

    def sql(self, statement: str) -> None:
        """Run a statement, and print it and its rows."""
        click.echo("\n" + "\n".join(f"> {line}" for line in f"{statement.strip()};".splitlines()))
        with self.conn.cursor(row_factory=dict_row) as cursor:
            cursor.execute(statement.encode())
            if cursor.description:
                print_table(cursor.fetchall(), {column.name: column.name for column in cursor.description})
            else:
                click.echo(cursor.statusmessage)

    def pgcache(self, line: str, expected: int = 0) -> None:
        """Run a command, and print it, its output and its exit code where that is not 0.

        Raises
        ------
        PgcacheError
            It did not end as expected.
        """
        click.echo(f"\n$ pgcache {line}")
        chatter = io.StringIO()
        with redirect_stderr(chatter), cli.make_context("pgcache", line.split(), obj=self.settings) as context:
            code = cli.invoke(context) or 0
        said = chatter.getvalue().splitlines()
        if code != expected:
            raise PgcacheError(f"pgcache {line} ended with exit code {code} instead of {expected}")
        if len(said) == 1:  # more is what migrate says of each object
            click.echo(said[0])
        if code:
            click.echo(f"(exit code {code})")


def _title(text: str) -> None:
    click.echo(f"\n---- {text} ----")

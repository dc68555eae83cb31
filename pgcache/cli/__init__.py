"""The command line. A command is options, one call, output; what it does is done by the modules beside this package."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, NoReturn

import click

from pgcache.cli.errors import exit_code
from pgcache.cli.options import config_option, dsn_option

COMMANDS = (
    "init",
    "plan",
    "migrate",
    "status",
    "reconcile",
    "refresh",
    "recompute",
    "drift",
    "fold",
    "rollover",
    "timeline",
    "aging",
    "schedule",
    "doctor",
    "uninstall",
    "demo",
)


class Commands(click.Group):
    """The commands in the order of their use, each imported when it is asked for: cron's need not wait for Alembic."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"pgcache.cli.{cmd_name}").command
        return command

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Run a command and exit with its code; what a user can act on is told in one line, without a traceback."""
        call = super().main
        sys.exit(exit_code(lambda: call(*args, **{**kwargs, "standalone_mode": False})))


@click.group(cls=Commands, no_args_is_help=False)
@click.version_option(package_name="pgcache", prog_name="pgcache", message="%(prog)s %(version)s")
@dsn_option
@config_option
def cli() -> None:
    """Keeps cached aggregates in PostgreSQL exact.

    pgcache.toml declares which columns cache what; plan and migrate bring a database to it, reconcile proves from cron
    that they still hold. Exit codes: 0 fine, 1 failed, 2 wrong usage or declaration, 3 drift over the threshold or
    changes planned, 4 stale beyond --max-age.

    \b
    Example, a new project in an empty database:
      export PGCACHE_DSN=postgresql://localhost/mydb
      pgcache init finance
      pgcache migrate --with-tables
      pgcache reconcile
    """


def main() -> None:
    """Run the command line on the arguments of the process, and exit with its code."""
    cli.main(prog_name="pgcache")

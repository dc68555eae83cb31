"""pgcache schedule."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import click
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgcache import schedulers
from pgcache.cli.options import Settings, dsn_option, pass_settings
from pgcache.cli.output import say
from pgcache.errors import PgcacheError
from pgcache.schedule import jobs

FORMS = ("cron", "systemd", "kubernetes", "pg_cron")


@click.command()
@click.argument("form", metavar="|".join(FORMS), type=click.Choice(FORMS))
@click.option(
    "--to", "directory", metavar="DIRECTORY", type=click.Path(path_type=Path), help="Write the units of systemd there."
)
@click.option("--image", metavar="IMAGE", help="The container image with pgcache, for kubernetes.")
@click.option("--install", is_flag=True, help="Schedule the jobs by pg_cron in this database.")
@dsn_option
@pass_settings
def command(settings: Settings, form: str, directory: Path | None, image: str | None, install: bool) -> None:
    """Print what a scheduler needs to run the jobs of the installed caches.

    They are refresh for deferred caches, at the pace that they declare, fold for those of the mode nowait, rollover
    where budgets have periods, and reconcile for all, at night. No password is printed.

    \b
    Examples:
      pgcache schedule cron
      pgcache schedule systemd --to units
      pgcache schedule kubernetes --image registry.example.com/pgcache:1
      pgcache schedule pg_cron
    """
    _check_options(form, directory, image, install)
    with settings.database() as conn:
        needed = jobs(conn)
        dsn, database = _without_password(settings.dsn, conn), conn.info.dbname
        if install:
            for name in schedulers.install(conn, needed):
                say(f"scheduled: {name}")
            return
    if form == "cron":
        click.echo(schedulers.crontab(needed, _program(), dsn), nl=False)
    elif form == "systemd":
        _units(schedulers.systemd(needed, _program(), dsn), directory)
    elif form == "kubernetes":
        click.echo(schedulers.kubernetes(needed, image or ""), nl=False)
    else:
        click.echo(schedulers.pg_cron(needed, database), nl=False)


def _check_options(form: str, directory: Path | None, image: str | None, install: bool) -> None:
    if directory and form != "systemd":
        raise click.UsageError("--to is for systemd, whose units are files; redirect what is printed")
    if install and form != "pg_cron":
        raise click.UsageError("--install is for pg_cron")
    if (image is not None) != (form == "kubernetes"):
        raise click.UsageError("kubernetes needs --image" if image is None else "--image is for kubernetes")


def _units(units: dict[str, str], directory: Path | None) -> None:
    try:
        if directory:
            directory.mkdir(parents=True, exist_ok=True)
        for name, text in units.items():
            if directory:
                (directory / name).write_text(text, encoding="utf-8")
                say(f"wrote {directory / name}")
            else:
                click.echo(f"# {name}\n{text}")
    except OSError as error:
        raise PgcacheError(f"{error.filename} cannot be written: {error.strerror}") from error


def _program() -> list[str]:
    """The words that run pgcache, found without a search path."""
    found = shutil.which("pgcache")
    return [str(Path(found).absolute())] if found else [sys.executable, "-m", "pgcache"]


def _without_password(dsn: str | None, conn: psycopg.Connection[Any]) -> str:
    settings = conninfo_to_dict(dsn) if dsn else conn.info.get_parameters()
    return make_conninfo("", **{name: value for name, value in settings.items() if name != "password"})

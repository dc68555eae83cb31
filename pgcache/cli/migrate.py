"""pgcache migrate."""

from __future__ import annotations

import click

from pgcache import config, migrate
from pgcache.cli.options import (
    Settings,
    config_option,
    dsn_option,
    pass_settings,
    prune_option,
    schema_option,
    with_tables_option,
)
from pgcache.cli.output import progress_bar, say
from pgcache.cli.plan import say_notes
from pgcache.schemas import expand


@click.command()
@with_tables_option
@schema_option
@prune_option
@click.option("--sql", "as_sql", is_flag=True, help="Change nothing: print a script that does the same under psql.")
@dsn_option
@config_option
@pass_settings
def command(settings: Settings, with_tables: bool, schemas: tuple[str, ...], prune: bool, as_sql: bool) -> None:
    """Bring the database to the declaration, backfill included.

    A second run finds nothing to do. One that was interrupted can be run again.

    \b
    Examples:
      pgcache migrate --with-tables
      pgcache migrate --sql > pgcache.sql
    """
    declared = config.load(settings.config)
    with settings.database() as conn:
        declaration = expand(conn, declared, schemas)
        if as_sql:
            click.echo(migrate.script(conn, declaration, with_tables=with_tables, prune=prune), nl=False)
            return
        with progress_bar() as progress:
            plan = migrate.migrate(conn, declaration, with_tables=with_tables, prune=prune, say=say, progress=progress)
    say_notes(plan)
    click.echo("Nothing to do." if plan.empty else f"Done: {len(plan.steps)} steps.")

"""pgcache uninstall."""

from __future__ import annotations

import click

from pgcache import migrate
from pgcache.cli.options import Settings, dsn_option, pass_settings
from pgcache.cli.output import say


@click.command()
@dsn_option
@pass_settings
def command(settings: Settings) -> None:
    """Remove everything of pgcache from the database.

    Its log of drift goes too. Tables stay as they are, the cached columns with their last values.

    \b
    Example:
      pgcache uninstall
    """
    with settings.database() as conn:
        steps = migrate.uninstall(conn, say)
    for step in steps:
        say(str(step))
    click.echo(f"Done: {len(steps)} objects removed; nothing keeps the cached columns exact any more.")

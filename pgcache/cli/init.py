"""pgcache init."""

from __future__ import annotations

import click

from pgcache import presets
from pgcache.cli.options import Settings, config_option, pass_settings
from pgcache.cli.output import say
from pgcache.errors import PgcacheError


@click.command(epilog=f"Presets: {', '.join(presets.known())}.")
@click.argument("names", metavar="PRESET...", nargs=-1, required=True)
@config_option
@pass_settings
def command(settings: Settings, names: tuple[str, ...]) -> None:
    """Write a pgcache.toml to start from.

    \b
    Example:
      pgcache init finance
    """
    text = presets.declaration(names)
    try:
        with settings.config.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise PgcacheError(
            f"{settings.config} exists already and was left alone; remove it, or name another file with --config"
        ) from None
    say(f"Wrote {settings.config}. Read it, then run pgcache plan.")

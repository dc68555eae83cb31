"""pgcache doctor."""

from __future__ import annotations

from dataclasses import asdict

import click

from pgcache import config
from pgcache.cli.options import Settings, config_option, dsn_option, json_option, pass_settings, schema_option
from pgcache.cli.output import print_json, say
from pgcache.doctor import examine
from pgcache.schemas import expand

SOMETHING_FOUND = 3


@click.command()
@schema_option
@json_option
@dsn_option
@config_option
@pass_settings
def command(settings: Settings, schemas: tuple[str, ...], as_json: bool) -> int:
    """Find what can make drift, and say how to mend it.

    Missing, disabled or changed triggers and functions, partitions without triggers, missing indexes, privileges,
    row-level security that hides rows, sessions in which triggers do not fire, interrupted runs, dirty keys. Nothing
    is changed. Exit code 0: nothing was found, 3: something was.

    \b
    Example:
      pgcache doctor
    """
    declaration = config.load(settings.config)
    with settings.database() as conn:
        findings = examine(conn, expand(conn, declaration, schemas))
    if as_json:
        print_json({"findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            click.echo(f"{finding.what}\n    {finding.mend}")
    say(f"{len(findings)} found." if findings else "Nothing found.")
    return SOMETHING_FOUND if findings else 0

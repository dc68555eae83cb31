"""pgcache plan."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import click

from pgcache import config
from pgcache.cli.options import (
    Settings,
    config_option,
    dsn_option,
    json_option,
    pass_settings,
    prune_option,
    schema_option,
    with_tables_option,
)
from pgcache.cli.output import print_json, say
from pgcache.plan import Plan, make_plan
from pgcache.schemas import expand
from pgcache.steps import Step

CHANGES_PLANNED = 3


@click.command()
@with_tables_option
@schema_option
@prune_option
@json_option
@dsn_option
@config_option
@pass_settings
def command(settings: Settings, with_tables: bool, schemas: tuple[str, ...], prune: bool, as_json: bool) -> int:
    """Show what migrate would change.

    Nothing is changed. Exit code 0: there is nothing to do, 3: there is.

    \b
    Example:
      pgcache plan --with-tables
    """
    declaration = config.load(settings.config)
    with settings.database() as conn:
        plan = make_plan(conn, expand(conn, declaration, schemas), with_tables=with_tables, prune=prune)
    if as_json:
        print_json(_object(plan))
    else:
        for step in plan.steps:
            click.echo(step)
            for line in _difference(step):
                click.echo(f"    {line}")
    say_notes(plan)
    say(f"{len(plan.steps)} to do; run pgcache migrate." if plan.steps else "Nothing to do.")
    return 0 if plan.empty else CHANGES_PLANNED


def say_notes(plan: Plan) -> None:
    """Say what the reader of a plan should know beside its steps."""
    for warning in plan.warnings:
        say(f"Warning: {warning}")
    for cache in plan.undeclared:
        say(f"The cache {cache} is installed but not declared, and is left alone; --prune drops it.")


def _difference(step: Step) -> Iterator[str]:
    """What a replaced object is and what it will be, as a unified diff."""
    if step.action == "replace":
        lines = difflib.unified_diff(step.before.splitlines(), step.after.splitlines(), lineterm="", n=1)
        yield from list(lines)[2:]


def _object(plan: Plan) -> dict[str, object]:
    steps = [{"action": step.action, "object": step.label, "reason": step.reason} for step in plan.steps]
    return {"steps": steps, "warnings": [str(warning) for warning in plan.warnings], "undeclared": plan.undeclared}

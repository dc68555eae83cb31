"""What several commands take, and what it stands for: a database, a declaration."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import psycopg

from pgcache.cli.errors import database_error
from pgcache.connection import connect
from pgcache.durations import parse_duration
from pgcache.errors import PgcacheError
from pgcache.policy import is_limit, parse_amount, parse_share


@dataclass
class Settings:
    """Where the database and the declaration are: as an option says, else as the environment does."""

    dsn: str | None = field(default_factory=lambda: os.environ.get("PGCACHE_DSN"))
    config: Path = field(default_factory=lambda: Path(os.environ.get("PGCACHE_CONFIG") or "pgcache.toml"))

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection to the database, in autocommit mode.

        Raises
        ------
        PgcacheError
            There is none, or the database refused something inside the block.
        """
        with closing(connect(self.dsn)) as conn:
            try:
                yield conn
            except psycopg.Error as error:
                raise PgcacheError(database_error(error, conn)) from error


pass_settings = click.make_pass_decorator(Settings, ensure=True)


def _store(ctx: click.Context, param: click.Parameter, value: object) -> None:
    if value is not None:
        assert param.name
        setattr(ctx.ensure_object(Settings), param.name, value)


# Both may stand before the name of the command or after it.
dsn_option = click.option(
    "--dsn",
    metavar="DSN",
    expose_value=False,
    callback=_store,
    help="The database, as a connection string or URI; else PGCACHE_DSN, else the PG* variables.",
)
config_option = click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    expose_value=False,
    callback=_store,
    help="The declaration; else PGCACHE_CONFIG, else ./pgcache.toml.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON; amounts are strings.")
with_tables_option = click.option(
    "--with-tables", is_flag=True, help="Create the reference tables of the declaration's presets too."
)
schema_option = click.option(
    "--schema",
    "schemas",
    metavar="NAME",
    multiple=True,
    help="Repeat the declaration in this schema, or those of a pattern such as 'tenant_*'; may be repeated.",
)
prune_option = click.option("--prune", is_flag=True, help="Drop the caches that are installed but not declared.")


class Amount(click.ParamType[Decimal]):
    """An exact amount of 0 or more."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        if isinstance(value, Decimal):
            return value
        amount = parse_amount(value)
        if amount is None:
            self.fail(f"{value!r} is not an amount of 0 or more, such as 0.50", param, ctx)
        return amount


class Share(click.ParamType[Decimal]):
    """A share of 0% or more, as a fraction."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        if isinstance(value, Decimal):
            return value
        share = parse_share(value)
        if share is None:
            self.fail(f"{value!r} is not a share such as 0.1%", param, ctx)
        return share


class Command(click.ParamType[tuple[str, ...]]):
    """A program and its arguments, quoted as in a shell, which does not run it."""

    name = "command"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        try:
            words = tuple(shlex.split(value))
        except ValueError as error:
            self.fail(f"{value!r} is no command: {str(error).lower()}", param, ctx)
        if not words:
            self.fail("it is empty", param, ctx)
        return words


class Duration(click.ParamType[timedelta]):
    """A span of time."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        duration = parse_duration(value)
        if duration is None:
            self.fail(f"{value!r} is not a duration such as 90d, 12h or '2 minutes'", param, ctx)
        return duration


class Percent(click.ParamType[Decimal]):
    """A share in percent, greater than 0 and at most 100."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        if isinstance(value, Decimal):
            return value
        percent = parse_amount(value.removesuffix("%"))
        if percent is None or not 0 < percent <= 100:
            self.fail(f"{value!r} is not a number of percent, such as 0.5", param, ctx)
        return percent


class Limit(click.ParamType[str]):
    """A number of keys, or a share of them."""

    name = "limit"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not is_limit(value):
            self.fail(
                f"{value!r} is neither a number of keys, such as 100, nor a share of them, such as 5%", param, ctx
            )
        return str(value)

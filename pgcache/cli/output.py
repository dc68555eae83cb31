"""How data is printed, on stdout, and how chatter is, on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import click

from pgcache.refresh import Progress


def say(line: str) -> None:
    """A line of chatter."""
    click.echo(line, err=True)


def print_json(value: object) -> None:
    """One JSON object, as `json_text` writes it."""
    click.echo(json_text(value))


def json_text(value: object) -> str:
    """A JSON object on one line; amounts and times are strings, durations seconds."""
    return json.dumps(value, default=_json)


def print_table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> None:
    """Rows under headings, in columns of their own width; numbers are aligned to the right.

    Parameters
    ----------
    rows:
        What to print, by name.
    columns:
        The names to print, each with its heading.
    """
    cells = [[text(row[name]) for name in columns] for row in rows]
    lines = [list(columns.values()), *cells]
    widths = [max(len(line[n]) for line in lines) for n in range(len(columns))]
    right = [bool(rows) and all(_is_number(row[name]) for row in rows) for name in columns]
    for line in lines:
        fitted = (
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, right, strict=True)
        )
        click.echo("  ".join(fitted).rstrip())


@contextmanager
def progress_bar() -> Iterator[Progress | None]:
    """A bar for each cache that is being corrected; none where stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    bars: dict[str, Any] = {}

    def progress(cache: str, done: int, total: int) -> None:
        if cache not in bars:
            bars[cache] = click.progressbar(length=total, label=cache, file=sys.stderr)
        bars[cache].update(done - bars[cache].pos)
        if done >= total:
            bars[cache].render_finish()

    yield progress


def plain(amount: Decimal) -> str:
    """An amount without an exponent."""
    return format(amount, "f")


def _json(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def text(value: object) -> str:
    """A value as a table shows it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, timedelta):
        return str(timedelta(seconds=round(value.total_seconds())))
    if isinstance(value, dict):
        return " ".join(f"{name}={entry}" for name, entry in value.items())
    return str(value)


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | Decimal) and not isinstance(value, bool))

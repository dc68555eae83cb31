"""Renders the SQL templates: a placeholder is `__name__`, so that a template is itself SQL that a parser accepts.

Where a bare name would not parse, a placeholder takes the form that does: `PERFORM __name__;` stands for statements,
`__name__ record` for declarations of variables, parameters or columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from psycopg import sql

from pgcache import resources

_PLACEHOLDER = re.compile(
    r"(?P<indent>[ ]*)PERFORM __(?P<statements>[a-z0-9_]+?)__;\n"
    r"|__(?P<declarations>[a-z0-9_]+?)__ record"
    r"|__(?P<name>[a-z0-9_]+?)__"
)
_TAG = "$pgcache$"

Parts = Mapping[str, sql.Composable]


def text(composable: sql.Composable) -> str:
    """The SQL text of a composed statement."""
    return composable.as_string(None)


def render(template: str, parts: Parts) -> str:
    """Fill a template in.

    Parameters
    ----------
    template:
        The file below sql/templates, such as "sum.sql".
    parts:
        What stands for each placeholder; more may be given than the template names.

    Returns
    -------
    str
        The statements.

    Raises
    ------
    KeyError
        The template names a placeholder that has no part.
    """
    source = resources.sql("templates", *template.split("/"))
    values = {name: text(parts[name]) for name in {_name(match) for match in _PLACEHOLDER.finditer(source)}}

    def fill(match: re.Match[str]) -> str:
        value = values[_name(match)]
        if match["statements"] is None:
            return value
        return f"{match['indent']}{value}\n" if value else ""

    # An expression of the declaration may itself contain the quote around the function's body.
    tag = _TAG
    while any(tag in value for value in values.values()):
        tag = f"{tag[:-1]}_$"
    return _PLACEHOLDER.sub(fill, source.replace(_TAG, tag))


def _name(match: re.Match[str]) -> str:
    return match["statements"] or match["declarations"] or match["name"]

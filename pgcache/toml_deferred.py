"""Reads what only deferred caches have, their query and when they are refreshed, and checks what they cannot have."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pgcache import resources
from pgcache.durations import parse_duration
from pgcache.model import Query, Refresh
from pgcache.sql_text import name_problem, query_problem
from pgcache.toml_reader import Table, quoted

STAMP = "refreshed_at"
"""The column of a table that pgcache creates for a deferred cache, where the declaration names none."""

_REFRESH_KEYS = ("every", "expires")
# A path may have spaces, and a query may end in the name of a table: it begins with a word that no file's name does.
_FILE = re.compile(r"(?i)(?!(select|with|values|table)\s)[^\n(]+\.sql")
_NAMED = re.compile(r"""(\s*query\s*=\s*)("[^"\\]*"|'[^']*')""")


def read_query(table: Table) -> Query | None:
    """Give the query of a [[cache]], None where its sources add up.

    A text that is the name of an .sql file stands for what the file holds: beside the declaration, or in a preset.
    """
    declared = table.optional_string("query", example="figures.sql")
    if declared is None:
        return None
    text: str | None = declared
    if _FILE.fullmatch(declared):
        text = _read(table, declared)
    if text is None:
        return None
    # A statement in a file ends in a semicolon.
    text = text.rstrip().removesuffix(";").rstrip()
    problem = query_problem(text)
    if problem is not None:
        where = f"query, in {declared}," if text != declared and _FILE.fullmatch(declared) else "query"
        table.report(f"{where} {problem}", "query")
        return None
    return Query(text, None, table.location_of("query"))


def _read(table: Table, name: str) -> str | None:
    beside = Path(table.location.file).parent / name
    shipped = sorted(resources.path("sql", "presets").glob(f"*/{name}")) if Path(name).name == name else []
    path = beside if beside.is_file() or not shipped else shipped[0]
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        problem = f"there is no file {path}; create it, or write the query itself"
    except OSError as error:
        problem = f"{path} cannot be read ({error.strerror}); make it readable"
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = f"{path}, line {line}, is not UTF-8; save the file as UTF-8"
    table.report(f"query: {problem}", "query")
    return None


def read_refresh(table: Table, used: tuple[str, ...]) -> Refresh:
    """Give when a [[cache]] is refreshed.

    Parameters
    ----------
    table:
        The table of the cache.
    used:
        The columns of the target that already hold something else.
    """
    refresh = table.table("refresh", "refresh", _REFRESH_KEYS)
    if refresh is None:
        return Refresh(None, None, table.location)
    every = refresh.optional_string("every", _duration_problem, example="2 minutes")
    expires = refresh.optional_string("expires", name_problem, example="next_transition")
    if expires is not None and "query" not in table:
        refresh.report("expires is a column of a query, and this cache adds up its sources; leave it out", "expires")
    elif expires in used:
        refresh.report(f"expires is {quoted(expires or '')}, which the cache uses already; name another", "expires")
    return Refresh(parse_duration(every or ""), expires, refresh.location)


def _duration_problem(text: str) -> str | None:
    return None if parse_duration(text) else 'is not a duration such as "90 seconds" or "2 minutes"; write one'


def check_mode(table: Table, mode: str) -> None:
    """Report what does not go with the mode of a [[cache]]."""
    if mode != "deferred":
        for key in ("query", "refresh"):
            if key in table:
                table.report(f'{key} is for a deferred cache; write mode = "deferred", or leave it out', key)
        return
    for key in ("rollover", "timeline"):
        if key in table:
            table.report(f'{key} needs figures that are exact at once; leave it out, or write mode = "immediate"', key)
    if "query" in table and "initial" in table:
        table.report("initial is added to a sum, and a query says all of it; add it in the query", "initial")


def with_queries(text: str, queries: list[Query]) -> str:
    """A declaration whose queries stand in it rather than in files."""
    lines = text.split("\n")
    for query in queries:
        number = query.location.line - 1
        named = _NAMED.match(lines[number])
        if named and _FILE.fullmatch(named[2][1:-1]):
            literal = json.dumps(query.text).replace("\x7f", "\\u007f")
            if "'''" not in query.text and "\r" not in query.text:
                literal = f"'''\n{query.text}\n'''"
            lines[number] = lines[number].replace(named.group(), named[1] + literal, 1)
    return "\n".join(lines)

"""Every SQL file parses, with PostgreSQL's own parser and without a server; templates as they are.

The bodies of functions are strings to the parser, so PL/pgSQL and SQL bodies are parsed as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from pglast import ast, parse_sql
from pglast.parser import ParseError, parse_plpgsql_json

from pgcache import resources

ROOT = resources.path("sql")
FILES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.sql"))


def _check(text: str) -> None:
    # The two placeholders that cannot stand as they are: COMMENT takes a literal alone, and INTO declared
    # variables, which a template leaves to __variables__.
    text = text.replace("IS __comment__;", "IS '';")
    targets = "".join(f"{name} text;" for name in re.findall(r"INTO (__\w+__)", text))
    text = text.replace("__variables__ record;", targets)
    statements = parse_sql(text)
    for body in _sql_bodies(statements):
        parse_sql(body)
    # The parser of PL/pgSQL has no catalog: it knows no schema but public, and takes no VARIADIC.
    parse_plpgsql_json(text.replace("pgcache.", "public.").replace("VARIADIC ", ""))


def _sql_bodies(statements: tuple[ast.RawStmt, ...]) -> Iterator[str]:
    for statement in statements:
        if isinstance(statement.stmt, ast.CreateFunctionStmt):
            options = {option.defname: option.arg for option in statement.stmt.options or ()}
            if options["language"].sval == "sql" and "as" in options:
                yield options["as"][0].sval


# What a part of a function's body may take for declared.
FLAGS = ("v_pending", "v_takes", "v_several", "v_mixed", "v_mixed_since", "v_same", "v_single", "p_waits")


def test_there_are_files() -> None:
    assert FILES


@pytest.mark.parametrize("file", FILES)
def test_it_parses(file: str) -> None:
    text = resources.sql(file)
    if "/fragments/" in file:  # a part of a function's body
        records = "v_target record; v_key record; v_row record; v_delta record; v_mark record; __variables__ record;"
        counts = "v_times bigint[]; v_rows integer; v_folded bigint; v_forgotten bigint; v_outer text;"
        flags = "".join(f"{flag} boolean; " for flag in FLAGS)
        body = f"DECLARE {records} {counts} {flags} BEGIN LOOP {text} END LOOP; END"
        text = f"CREATE FUNCTION f() RETURNS bigint LANGUAGE plpgsql AS $pgcache$ {body} $pgcache$;"
    _check(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT FROM FROM t",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1 +'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$BEGIN RETURN 1 +; END$$",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF true THEN RETURN NULL; END$$",
        "DO $$BEGIN PERFORM FROM FROM t; END$$",
    ],
)
def test_the_check_finds_mistakes(text: str) -> None:
    with pytest.raises(ParseError):
        _check(text)

"""No expression gets out of the parentheses that it is pasted into; PostgreSQL's own scanner is the judge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pglast import parser

from pgcache.sql_text import expression_problem

SOUND = [
    "amount",
    "CASE flow_type WHEN 'income' THEN amount ELSE -amount END",
    "coalesce(a, b)",
    "tags[1]",
    "('{1,2}'::int[])[1]",
    "a -- the amount\n",
    "a /* ) */",
    "/* a /* nested ) */ comment */ a",
    "/*/ ) */ a",
    "/**/ a /***/",
    "')'",
    "'it''s )'",
    "a = ''",
    r"E'\')'",
    "E'\\\n)'",
    r"e'\\'",
    r"E'a''\')'",
    "E'a'\n'b\\')'",
    "E'a' -- c ' c\n\n -- c\n 'b\\')'",
    r"b'01' || x'1f'",
    '"col)umn"',
    '"say ""hi"" ("',
    "$$)$$",
    "$tag$ ) $$ $ta$ $tag$",
    "$é$)$é$",
    "a$b$c",
    r"name E'\''",
    "a\xa0",
    "a = '--'",
    "a - -1",
    "a @> '[1]'",
    '":name"',
    "100 % 3",
]


@pytest.mark.parametrize("text", SOUND)
def test_sound(text: str) -> None:
    assert expression_problem(text) is None


SEMICOLON = "holds a semicolon, which would end the statement; write one expression"
UNOPENED = "has a {} that nothing opens; balance the brackets"
UNCLOSED = "has a {} that is never closed; close it"
UNCLOSED_E = "has an E'...' string that is never closed; close it"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "holds no expression; fill it in"),
        (" \t\n", "holds no expression; fill it in"),
        ("/* nothing */ -- at all\n", "holds no expression; fill it in"),
        ("a; DROP TABLE t", SEMICOLON),
        ("(a;)", SEMICOLON),
        ("a$b$;$b$", SEMICOLON),
        ("$1$;$1$", SEMICOLON),
        ("a /* /* */ */ ;", SEMICOLON),
        ("-- c\r;", SEMICOLON),
        ("a) FROM t", UNOPENED.format(")")),
        ("a]", UNOPENED.format("]")),
        ("(a]", UNOPENED.format("]")),
        ("(')'", UNCLOSED.format("(")),
        ("a[1", UNCLOSED.format("[")),
        ("'a", UNCLOSED.format("'")),
        ("'a''", UNCLOSED.format("'")),
        ('"a', UNCLOSED.format('"')),
        (r"E'\'", UNCLOSED_E),
        (r"1E'\'", UNCLOSED_E),
        ("E'a''b\\'", UNCLOSED_E),
        ("E'a'\n'b\\'", UNCLOSED_E),
        ("$$a$", UNCLOSED.format("$$")),
        ("$t$ $T$", UNCLOSED.format("$t$")),
        ("/* /* */", UNCLOSED.format("/* comment")),
        ("a -- comment", "ends in a -- comment, which would hide what follows it; use /* */"),
        ("a, b", "holds several expressions separated by commas; write one"),
        ("a \\! rm", "holds a backslash outside of quotes, which SQL does not know; remove it"),
    ],
)
def test_unsound(text: str, expected: str) -> None:
    assert expression_problem(text) == expected


PIECES = [
    *"()[]';\"$\\eE \n,-/*ané01x&_|",
    "''",
    "--",
    "/*",
    "*/",
    "$$",
    "$a$",
    "E'",
    "\\'",
    "'\n'",
    "U&'",
    "a(",
]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_what_is_accepted_stays_inside_the_parentheses(text: str) -> None:
    if expression_problem(text) is not None:
        return
    statement = f"({text})"
    try:
        tokens = parser.scan(statement)
    except parser.ParseError:
        return  # PostgreSQL refuses it; nothing got out
    depth = 0
    depths = []
    for token in tokens:
        assert token.name != "ASCII_59", "a semicolon"
        depth += {"ASCII_40": 1, "ASCII_41": -1}.get(token.name, 0)
        depths.append(depth)
    assert depths[-1] == 0
    assert min(depths[:-1]) == 1
    assert tokens[-1].end == len(statement) - 1


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    problem = expression_problem(text)
    assert problem is None or len(problem.splitlines()) == 1


def test_an_unclosed_text_is_judged_in_linear_time() -> None:
    """Backtracking over these would not end."""
    for piece in ("E'\\'", "E'a'\n-- '", "E'' --\n", "/*", "''", '"a'):
        expression_problem(piece * 20_000)


@pytest.mark.parametrize("text", [r"'\'", r"note = 'a\'", r"n'\'", r"U&'\0041'", r"namE'\'"])
def test_a_backslash_in_a_plain_string_is_refused(text: str) -> None:
    """With standard_conforming_strings = off it would hide the quote that follows it."""
    assert (
        expression_problem(text) == r"has a backslash in a string, which a session setting may reinterpret; write E'\\'"
    )

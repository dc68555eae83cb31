"""Problems between caches, and of the declaration as a whole."""

from __future__ import annotations

import pytest

from pgcache.config import loads
from tests.unit.declarations import PERIODIC, SMALL, changed, problems


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({}, {'"t"': '"u"'}, ["11: the name 'c' is taken by f:3; rename one"]),
        (
            {},
            {'"c"': '"d"'},
            ["12: 'total' of t is already a measure of the cache at f:2; remove one"],
        ),
        (
            {'"c"': '"c"\nrpc = "x"'},
            {'"c"': '"d"\nrpc = "x"', '"t"': '"u"'},
            ["13: the function 'x' is already the rpc of f:4; rename one"],
        ),
    ],
)
def test_problems_between_caches(first: dict[str, str], second: dict[str, str], expected: list[str]) -> None:
    assert problems(two(first, second)) == [f"f:{problem}" for problem in expected]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {'"c"': '"d"', '"t"': '"u"'}),
        ({}, {'"c"': '"d"', "total": "net"}),
        ({'"t"': '"s.t"'}, {'"c"': '"d"', '"t"': '"r.t"'}),
        ({'"c"': '"c"\nrpc = "x"', '"t"': '"s.t"'}, {'"c"': '"d"\nrpc = "x"', '"t"': '"r.t"'}),
    ],
)
def test_caches_that_share_nothing(first: dict[str, str], second: dict[str, str]) -> None:
    assert len(loads(two(first, second), "f").caches) == 2


def two(first: dict[str, str], second: dict[str, str]) -> str:
    """Give two caches, each the small one with some texts replaced."""
    texts = [SMALL, changed(SMALL, "version = 1\n", "")]
    for index, changes in enumerate((first, second)):
        for old, new in changes.items():
            texts[index] = changed(texts[index], old, new)
    return "".join(texts)


def test_a_rollover_needs_a_function_of_its_own() -> None:
    text = changed(PERIODIC, 'name = "c"', 'name = "c"\nrpc = "roll"')
    assert problems(text) == ["f:14: the function 'roll' is already the rpc of f:4; rename one"]


def test_one_mistake_does_not_bring_problems_that_follow_from_it() -> None:
    """Counts, measures and names that are not known cannot be compared."""
    text = changed(SMALL, 'key = ["id"]', 'key = [1, 2]\ninitial = { net = "0" }')
    text = changed(text, "total =", '"" =')
    assert problems(text) == [
        "f:5: key, item 1, must be a string, not an integer; write a string",
        "f:5: key, item 2, must be a string, not an integer; write a string",
        "f:10: the name in values.'' is empty; fill it in",
    ]


def test_an_initial_without_a_known_measure_is_left_alone() -> None:
    text = changed(SMALL, 'key = ["id"]', 'key = ["id"]\ninitial = "0"')
    assert problems(changed(text, '{ total = "amount" }', "1")) == [
        'f:10: values must be a table, not an integer; write values = { measure = "expression" }'
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "",
            [
                "1: the declaration has no version; add version = 1",
                "1: the declaration has no [[cache]]; add one",
            ],
        ),
        ("version = 1\ncache = []", ["2: the declaration has no [[cache]]; add one"]),
        ("version = 1\n[cache]", ["2: cache must be an array of tables; write [[cache]] above each"]),
        ("version = 1\ncache = [1]", ["2: cache must be an array of tables; write [[cache]] above each"]),
        (
            'version = 1\n[[cache]]\nname = "c"\ntarget = "t"\nkey = ["id"]',
            ["2: [[cache]] has no [[cache.source]]; add one"],
        ),
        (
            'version = 1\n[[cache]]\nname = "c"\ntarget = "t"\nkey = ["id"]\nsource = { }',
            ["6: source must be an array of tables; write [[cache.source]] above each"],
        ),
        ("\n\nversion = = 1", ["3: this is not TOML at column 11: Invalid value; correct it"]),
        (
            "version = 1\nversion = 1\n",
            ["2: this is not TOML at column 12: Cannot overwrite a value; correct it"],
        ),
        (
            "version = [\n\n",
            ["1: this is not TOML at the end of the file: Invalid value; correct it"],
        ),
        ("v = 1" + "0" * 5000, ["1: a number has thousands of digits; shorten it"]),
        ("v = " + "[" * 100_000, ["1: arrays or tables are nested too deeply; simplify them"]),
    ],
)
def test_problems_of_the_whole(text: str, expected: list[str]) -> None:
    assert problems(text) == [f"f:{problem}" for problem in expected]


def test_all_problems_come_at_once_in_the_order_of_the_lines() -> None:
    text = """\
version = 3
[[cache]]
key = []
[[cache.source]]
table = ""
[[cache]]
name = "run"
mode = "lazy"
"""
    assert [problem.split(":")[1] for problem in problems(text)] == list("12234456667 8".replace(" ", ""))

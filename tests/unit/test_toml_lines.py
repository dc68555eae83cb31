"""The line of every key, whatever form of TOML it is written in."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgcache.toml_lines import KeyPath, key_lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("a = 1", {("a",): 1}),
        ("# a = 0\n\n  a = 1 # b = 2\nb = 2\n", {("a",): 3, ("b",): 4}),
        ("a = 1\r\nb = 2\r\n", {("a",): 1, ("b",): 2}),
        ("a.b.c = 1\na.b.d = 2", {("a",): 1, ("a", "b"): 1, ("a", "b", "c"): 1, ("a", "b", "d"): 2}),
        ("[t]\na = 1\n[u.v]\n", {("t",): 1, ("t", "a"): 2, ("u",): 3, ("u", "v"): 3}),
        (
            "[[t]]\na = 1\n[[t.u]]\nb = 1\n[[t.u]]\n[t.u.v]\nc = 1\n[[t]]\n[[t.u]]\nb = 1",
            {
                ("t",): 1,
                ("t", 0): 1,
                ("t", 0, "a"): 2,
                ("t", 0, "u"): 3,
                ("t", 0, "u", 0): 3,
                ("t", 0, "u", 0, "b"): 4,
                ("t", 0, "u", 1): 5,
                ("t", 0, "u", 1, "v"): 6,
                ("t", 0, "u", 1, "v", "c"): 7,
                ("t", 1): 8,
                ("t", 1, "u"): 9,
                ("t", 1, "u", 0): 9,
                ("t", 1, "u", 0, "b"): 10,
            },
        ),
        (
            "a = [ # one ]\n  1,\n  [2, 3],\n\n  {b = 4, c = [\n5]},\n]\nd = 1",
            {
                ("a",): 1,
                ("a", 0): 2,
                ("a", 1): 3,
                ("a", 1, 0): 3,
                ("a", 1, 1): 3,
                ("a", 2): 5,
                ("a", 2, "b"): 5,
                ("a", 2, "c"): 5,
                ("a", 2, "c", 0): 6,
                ("d",): 8,
            },
        ),
        ('a = """\nb = 1\n\\""" """""\nc = 1', {("a",): 1, ("c",): 4}),
        ("a = '''\nb = 1\n\\''''\nc = 1", {("a",): 1, ("c",): 4}),
        ('a = ""\nb = "\\"]\\\\"\nc = \'\\\'\nd = 1', {("a",): 1, ("b",): 2, ("c",): 3, ("d",): 4}),
        ("a = 1979-05-27 07:32:00\nb = -1.5e3\n", {("a",): 1, ("b",): 2}),
        (
            '"a.b" = 1\n\'c d\'."\\u0065 = \\"f\\"" = 2\n[ "g]" . h ]\n',
            {("a.b",): 1, ("c d",): 2, ("c d", 'e = "f"'): 2, ("g]",): 3, ("g]", "h"): 3},
        ),
        ("a = {}\nb = []\nc = { }\n", {("a",): 1, ("b",): 2, ("c",): 3}),
    ],
)
def test_lines(text: str, expected: dict[KeyPath, int]) -> None:
    tomllib.loads(text)
    assert key_lines(text) == expected


def test_what_is_not_known_ends_the_search() -> None:
    assert key_lines("a = 1\nb = ]\nc = 1") == {("a",): 1, ("b",): 2}


def paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield (*path, index)
            yield from paths(inner, (*path, index))


LINES = [
    "a = 1", "b.c = '#'", '"d e" = "\\"["', "f = [1, [2,", "3], {g = 1, h.i = ']'}]", "[j]", "[[k]]", "[k.l]",
    "[[k.m]]", "[j.'n.o']", 'p = """', '"""', "q = '''", "'''", "# [r]", "", "s = 2000-01-01 00:00:00Z",
]  # fmt: skip


@given(st.lists(st.sampled_from(LINES), max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_what_tomllib_reads_has_a_line_that_holds_its_key(lines: list[str], end: str) -> None:
    text = end.join(lines)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = key_lines(text)
    assert list(found) == list(dict.fromkeys(found))
    assert set(found) == set(paths(values))
    for path, line in found.items():
        if isinstance(path[-1], str):
            assert path[-1] in lines[line - 1]

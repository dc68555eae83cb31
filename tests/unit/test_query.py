"""A deferred cache's query asks for the day once."""

from __future__ import annotations

import pytest

from pgcache.compile.query import asked_once


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("due < pgcache.today()", "due < (SELECT pgcache.today())"),
        ("'pgcache.today()' || pgcache.today()", "'pgcache.today()' || (SELECT pgcache.today())"),
        ("'it''s pgcache.today()'", "'it''s pgcache.today()'"),
        ('"pgcache.today()" + "a""pgcache.today()"', '"pgcache.today()" + "a""pgcache.today()"'),
        ("my_pgcache.today()", "my_pgcache.today()"),
    ],
)
def test_outside_of_strings_and_names(query: str, expected: str) -> None:
    assert asked_once(query) == expected

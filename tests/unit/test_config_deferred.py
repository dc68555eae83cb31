"""Deferred caches in a declaration: what is read, and every problem that can be seen without a database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from pgcache.config import load, loads
from tests.unit.declarations import changed, problems

DEFERRED = """\
version = 1
[[cache]]
name = "c"
mode = "deferred"
target = { table = "t", create = true }
key = ["id"]
query = "SELECT 1"
refresh = { every = "2 minutes", expires = "due" }
[[cache.source]]
table = "s"
through = { table = "m", on = { id = "m_id" }, key = ["t_id"] }
"""
SUMS = """\
version = 1
[[cache]]
name = "c"
mode = "deferred"
target = "t"
key = ["id"]
[[cache.source]]
table = "s"
key = ["t_id"]
values = { total = "amount" }
"""


def test_what_it_says() -> None:
    (cache,) = loads(DEFERRED, "f").caches
    assert cache.query is not None
    assert (cache.mode, cache.query.text, cache.query.schema) == ("deferred", "SELECT 1", None)
    assert (cache.refresh.every, cache.refresh.expires) == (timedelta(minutes=2), "due")
    assert cache.stamp == "refreshed_at"
    assert cache.sources[0].values == ()
    (cache,) = loads(SUMS, "f").caches
    assert (cache.query, cache.refresh.every, cache.stamp, cache.measures) == (None, None, None, ("total",))


def test_tables_on_the_way_to_the_key() -> None:
    text = changed(DEFERRED, 'key = ["t_id"] }', 'through = { table = "n", on = { id = "n_id" }, key = ["t_id"] } }')
    (cache,) = loads(text, "f").caches
    through = cache.sources[0].through
    assert through is not None
    assert through.through is not None
    assert (through.key, through.through.key) == ((), ("t_id",))


@pytest.mark.parametrize(
    "query", ["SELECT 1;", "SELECT 1 FROM a.sql", " SELECT ';' -- one\n;\n", "SELECT $$;$$, 2 /* ; */"]
)
def test_a_query_may_end_as_a_statement_does(query: str) -> None:
    (cache,) = loads(changed(DEFERRED, '"SELECT 1"', f"'''{query}'''"), "f").caches
    assert cache.query is not None
    assert cache.query.text == query.rstrip().removesuffix(";").rstrip()


@pytest.mark.parametrize("text", ["SELECT 1\n", "SELECT '''a''', 1;", "SELECT 'é' -- é\n"])
def test_a_query_in_a_file_stands_in_what_is_kept_of_the_declaration(tmp_path: Path, text: str) -> None:
    (tmp_path / "q.sql").write_text(text)
    (tmp_path / "f").write_text(changed(DEFERRED, '"SELECT 1"', "'q.sql'"))
    declaration = load(tmp_path / "f")
    (again,) = loads(declaration.text, "elsewhere/f").caches
    (cache,) = declaration.caches
    assert cache.query is not None
    assert again.query is not None
    assert again.query.text.strip() == cache.query.text.strip()


def test_a_query_of_a_preset_is_found_from_everywhere() -> None:
    (cache,) = loads(changed(DEFERRED, "SELECT 1", "account_aging.sql"), "nowhere/f").caches
    assert cache.query is not None
    assert "pgcache_keys" in cache.query.text


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            'mode = "deferred"\n',
            "",
            [
                '6: query is for a deferred cache; write mode = "deferred", or leave it out',
                '7: refresh is for a deferred cache; write mode = "deferred", or leave it out',
            ],
        ),
        ('query = "SELECT 1"', 'query = ""', ["7: query is empty; fill it in"]),
        ('query = "SELECT 1"', "query = 1", ['7: query must be a string, not an integer; write query = "figures.sql"']),
        (
            'query = "SELECT 1"',
            'query = "SELECT 1; SELECT 2"',
            ["7: query holds a semicolon, which would end the statement; write one query"],
        ),
        ('query = "SELECT 1"', 'query = "SELECT (1"', ["7: query has a ( that is never closed; close it"]),
        ('query = "SELECT 1"', 'query = "-- none"', ["7: query holds no query; fill it in"]),
        (
            'query = "SELECT 1"',
            'query = "no.sql"',
            ["7: query: there is no file no.sql; create it, or write the query itself"],
        ),
        (
            'query = "SELECT 1"',
            'query = "my queries/no.sql"',
            ["7: query: there is no file my queries/no.sql; create it, or write the query itself"],
        ),
        ('"2 minutes"', '"often"', ['8: every is not a duration such as "90 seconds" or "2 minutes"; write one']),
        ('"2 minutes"', '"0 minutes"', ['8: every is not a duration such as "90 seconds" or "2 minutes"; write one']),
        ('expires = "due"', 'expires = "id"', ["8: expires is 'id', which the cache uses already; name another"]),
        ('expires = "due"', 'expired = "due"', ["8: unknown key 'expired' in refresh; did you mean 'expires'?"]),
        (
            'key = ["id"]',
            'key = ["id"]\ninitial = "1"',
            [
                "7: initial is for a target of your own, and pgcache creates this one; leave it out",
                "7: initial is added to a sum, and a query says all of it; add it in the query",
            ],
        ),
        (
            'key = ["t_id"] }',
            'key = ["t_id"] }\nvalues = { a = "b" }',
            ["12: values is for sources that add up, and a query says all of it; leave it out"],
        ),
        (
            'key = ["t_id"] }',
            'key = ["t_id"], through = { table = "n", on = { id = "n_id" }, key = ["t_id"] } }',
            ["11: key and through both give the key; keep one"],
        ),
    ],
)
def test_problems(old: str, new: str, expected: list[str]) -> None:
    assert problems(changed(DEFERRED, old, new)) == [f"f:{problem}" for problem in expected]


def test_what_needs_figures_that_are_exact_at_once() -> None:
    text = changed(SUMS, 'key = ["id"]\n', 'key = ["id"]\nrefresh = { expires = "due" }\n')
    text += '[cache.rollover]\nrecurrence = "r"\nrpc = "p"\n'
    text += 'history = { table = "h", key = ["t"], from = "f", to = "g", values = { total = "x" } }\n'
    assert problems(text) == [
        "f:7: expires is a column of a query, and this cache adds up its sources; leave it out",
        'f:12: rollover needs figures that are exact at once; leave it out, or write mode = "immediate"',
        "f:12: a rollover needs a period, and the source at f:8 has none; add within = { ... } to it",
    ]


def test_several_tables_on_the_way_need_a_deferred_cache() -> None:
    onward = 'through = { table = "n", on = { id = "n_id" }, key = ["t"] }'
    through = f'through = {{ table = "m", on = {{ id = "m_id" }}, {onward} }}'
    text = changed(changed(SUMS, 'key = ["t_id"]', through), 'mode = "deferred"\n', "")
    assert problems(text) == ["f:8: several tables between a source and its key are for a deferred cache; name one"]

"""Names that generated objects would share with others are refused before anything is touched."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from pgcache import queries
from pgcache.config import loads
from pgcache.errors import DeclarationError
from pgcache.migrate import migrate

CACHE = """
[[cache]]
name = "{name}"
target = "{target}"
key = ["id"]
rpc = "{rpc}"
  [[cache.source]]
  table = "entry"
  key = ["{target}_id"]
  values = {{ total = "amount" }}
"""


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        # the lock table of one and the view of the other
        (("c", "recompute_a"), ("c_appearing", "recompute_b"), 'view "pgcache"."c_appearing"'),
        # a shipped function
        (("c", "recompute_a"), ("log", "recompute_b"), 'function "pgcache"."log_recompute"(jsonb, boolean)'),
        # trigger functions of a source
        (("c", "recompute_a"), ("c_s1", "c_s1_insert"), None),
    ],
)
def test_collisions(
    conn: psycopg.Connection[Any], first: tuple[str, str], second: tuple[str, str], named: str | None
) -> None:
    conn.execute(
        "CREATE TABLE a (id integer PRIMARY KEY, total numeric); CREATE TABLE b (LIKE a INCLUDING ALL);"
        "CREATE TABLE entry (a_id integer, b_id integer, amount numeric)"
    )
    caches = [CACHE.format(name=name, rpc=rpc, target=target) for (name, rpc), target in ((first, "a"), (second, "b"))]
    declaration = loads("version = 1\n" + "".join(caches), "pgcache.toml")
    if named is None:
        migrate(conn, declaration)
        return
    with pytest.raises(DeclarationError) as caught:
        migrate(conn, declaration)
    assert named in str(caught.value)
    assert "rename the cache or its rpc" in str(caught.value)
    assert not queries.value(conn, "schema_exists")

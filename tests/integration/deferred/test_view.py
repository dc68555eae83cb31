"""The view of a deferred cache: what it calls dirty, whatever leads to the key."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from pgcache import config, migrate

TABLES = """
CREATE TABLE owner (code text COLLATE "{}" PRIMARY KEY, name text);
CREATE TABLE house (id integer PRIMARY KEY, code text COLLATE "POSIX");
CREATE TABLE room (house_id integer, size integer);
INSERT INTO owner (code) VALUES ('a'), ('B');
INSERT INTO house VALUES (1, 'a'), (2, 'B');
INSERT INTO room VALUES (1, 5), (2, 7);
"""
SPACE = """
version = 1
[[cache]]
name = "space"
mode = "deferred"
target = {{ table = "{}" }}
key = ["code"]
  [[cache.source]]
  table = "room"
  through = {{ table = "house", on = {{ id = "house_id" }}, key = ["code"] }}
  values = {{ size = "size" }}
"""


@pytest.mark.parametrize("collation", ["C", "default"])
@pytest.mark.parametrize("target", ["owner", 'space", create = true, index = "size'])
def test_keys_of_other_collations(tables: psycopg.Connection[Any], collation: str, target: str) -> None:
    tables.execute(TABLES.format(collation).encode())
    tables.execute("ALTER TABLE owner ADD size numeric DEFAULT 0")
    migrate.migrate(tables, config.loads(SPACE.format(target), "pgcache.toml"))
    tables.execute("INSERT INTO room VALUES (2, 1)")
    assert tables.execute("SELECT code, size FROM pgcache.space WHERE dirty").fetchall() == [("B", 7)]
    assert tables.execute("SELECT dirty FROM pgcache.space WHERE code = 'a'").fetchall() == [(False,)]
    assert tables.execute("SELECT pgcache.refresh('space')").fetchone() == (1,)
    assert tables.execute("SELECT code, size, dirty FROM pgcache.space WHERE code = 'B'").fetchall() == [
        ("B", 8, False)
    ]


def test_a_key_that_is_marked_in_every_way_is_one_row(tables: psycopg.Connection[Any]) -> None:
    tables.execute(TABLES.format("default").encode())
    tables.execute("ALTER TABLE owner ADD size numeric DEFAULT 0")
    migrate.migrate(tables, config.loads(SPACE.format("owner"), "pgcache.toml"))
    tables.execute("INSERT INTO room VALUES (1, 1), (2, 1); UPDATE house SET code = 'a' WHERE id = 2")
    tables.execute("INSERT INTO room VALUES (1, 1), (2, 1); TRUNCATE room")
    rows = tables.execute('SELECT code, dirty FROM pgcache.space ORDER BY code COLLATE "C"').fetchall()
    assert rows == [("B", True), ("a", True)]

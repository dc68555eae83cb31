"""The names that no cache may have are those that the schema pgcache uses itself."""

from __future__ import annotations

from typing import Any

import psycopg

from pgcache import resources
from pgcache.toml_cache import RESERVED_NAMES


def test_every_relation_of_the_schema_is_reserved(conn: psycopg.Connection[Any]) -> None:
    conn.execute("CREATE SCHEMA pgcache")
    for file in sorted(resources.path("sql", "schema").glob("*.sql")):
        conn.execute(file.read_bytes())
    rows = conn.execute("SELECT relname FROM pg_class WHERE relnamespace = 'pgcache'::regnamespace").fetchall()
    assert {name for (name,) in rows} - RESERVED_NAMES == set()

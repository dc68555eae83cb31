"""Migrate beside readers, who lock what they read in any order: it keeps them from one of their tables at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest

from pgcache import config, resources
from pgcache.model import Cache
from pgcache.plan import make_plan

Change = Callable[[Cache], Cache]

_LOCKED = """
SELECT c.oid::regclass::text FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation
 WHERE l.pid = pg_backend_pid() AND l.mode = 'AccessExclusiveLock' AND c.relkind IN ('r', 'p', 'v')
 ORDER BY 1
"""
TABLES = {"account", "budget", "budget_category", "category", "transaction"}


def immediate(cache: Cache) -> Cache:
    return replace(cache, mode="immediate")


def by_row(cache: Cache) -> Cache:
    return replace(cache, mode="nowait", triggers="row")


def another_measure(cache: Cache) -> Cache:
    sources = tuple(
        replace(source, values=(*source.values, ("opening_balance" if "balance" in cache.name else "amount", "1")))
        for source in cache.sources
    )
    return replace(cache, mode="nowait", sources=sources)


@pytest.mark.parametrize("change", [immediate, by_row, another_measure])
def test_what_a_migration_locks(nowait_dsn: str, change: Change) -> None:
    declaration = config.load(resources.path("sql", "presets", "finance", "pgcache.toml"))
    changed = replace(declaration, caches=tuple(map(change, declaration.caches)))
    with psycopg.connect(nowait_dsn, autocommit=True) as conn:
        for group in make_plan(conn, changed).groups:
            with conn.transaction():
                for statement in filter(None, group.statements):
                    conn.execute(statement.encode())
                locked = {name for (name,) in conn.execute(_LOCKED)}
            assert not locked & TABLES or len(locked) == 1, group.name
        assert {step.action for step in make_plan(conn, changed).steps} == {"backfill"}

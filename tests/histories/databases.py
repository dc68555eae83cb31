"""Databases for histories: a world is set up once, and copied for each history in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from pgcache import config, migrate
from tests.conftest import Databases
from tests.histories.world import World

_KEPT = 8

_ANY = """
version = 1
[[cache]]
name = "any"
target = { table = "any_total", create = true }
key = ["key"]
  [[cache.source]]
  table = "any"
  key = ["key"]
  values = { total = "1" }
"""


def _install_schema(dsn: str) -> None:
    """Install the schema pgcache without a cache, with which every world begins."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute('CREATE TABLE "any" (key integer)')
        migrate.migrate(conn, config.loads(_ANY, "any.toml"))
        migrate.remove(conn, ["any"])
        conn.execute('DROP TABLE "any"; DROP TABLE IF EXISTS any_total')


class Worlds:
    """Gives databases in which worlds are set up, and their first declarations installed."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._templates: dict[tuple[str, str], str] = {}

    @contextmanager
    def fresh(self, world: World) -> Iterator[psycopg.Connection[Any]]:
        """Connect to a database of one's own, which is dropped afterwards."""
        key = (world.setup, world.declared[0].toml)
        if key not in self._templates:
            self._templates[key] = self._set_up(world)
            if len(self._templates) > _KEPT:
                self._databases.drop(self._templates.pop(next(iter(self._templates))))
        name = self._databases.create(self._templates[key])
        try:
            with self._connected(name) as conn:
                yield conn
        finally:
            self._databases.drop(name)

    def close(self) -> None:
        for name in self._templates.values():
            self._databases.drop(name)

    def _set_up(self, world: World) -> str:
        database = self._databases.create(self._databases.template("schema pgcache", _install_schema))
        with self._connected(database) as conn:
            for name, value in world.settings.items():
                conn.execute(f"SET {name} = '{value}'".encode())
            conn.execute(world.setup.encode())
            migrate.migrate(conn, config.loads(world.declared[0].toml, "history.toml"))
        return database

    def _connected(self, name: str) -> psycopg.Connection[Any]:
        return psycopg.connect(self._databases.server.dsn(name), autocommit=True)

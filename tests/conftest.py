"""One server for the whole run, and a fresh database for each test.

Plain fixtures rather than those of pytest-postgresql: its postgresql_noproc fixes each template in a module
when that is imported, where `clone` names them by key and builds them on demand, and it takes a server apart
into host, port and user, where PGCACHE_TEST_DSN may say anything that libpq understands.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Protocol

import hypothesis
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgcache.embedded import EmbeddedServer
from tests.support import wait_until

# How long an example takes is up to the machine.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

Build = Callable[[str], object]
Clone = Callable[[str, Build], str]


class Server(Protocol):
    """What the tests want of a server."""

    def dsn(self, dbname: str = "postgres") -> str: ...


@dataclass(frozen=True)
class NamedServer:
    """The server that PGCACHE_TEST_DSN names, as a user who may create databases."""

    conninfo: str

    def dsn(self, dbname: str = "postgres") -> str:
        return make_conninfo(self.conninfo, dbname=dbname)


@dataclass
class Databases:
    """Creates and drops the databases of one run."""

    server: Server
    admin: psycopg.Connection[Any]
    templates: dict[str, str] = field(default_factory=dict)
    # Of the process: two of these may create databases on one server.
    _numbers: ClassVar[Iterator[int]] = count()

    def create(self, template: str = "template1") -> str:
        name = f"pgcache_test_{os.getpid()}_{next(self._numbers)}"
        query = "CREATE DATABASE {} TEMPLATE {}"
        # Files are copied sooner than pages are logged, where nothing is synced to a disk before and after it.
        if isinstance(self.server, EmbeddedServer) and self.admin.info.server_version >= 150000:
            query += " STRATEGY FILE_COPY"
        self.admin.execute(sql.SQL(query).format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop(self, name: str) -> None:
        # DROP DATABASE looks every 100 ms alone whether a session that has just been closed is gone.
        sessions = "FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
        self.admin.execute(f"SELECT pg_terminate_backend(pid) {sessions}", (name,))
        wait_until(lambda: self.admin.execute(f"SELECT {sessions}", (name,)).rowcount == 0, "sessions to end")
        self.admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def template(self, key: str, build: Build) -> str:
        """Give the template of a key, built when it is first asked for."""
        if key not in self.templates:
            name = self.create()
            try:
                build(self.server.dsn(name))
            except BaseException:
                self.drop(name)
                raise
            self.templates[key] = name
        return self.templates[key]


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A temporary directory that every user may enter, as `tmp_path` is not.

    The data of an EmbeddedServer goes here, since root runs the server as another user.
    """
    with TemporaryDirectory(prefix="pgcache-test-", ignore_cleanup_errors=True) as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The server of the run: the one that PGCACHE_TEST_DSN names, else an embedded one."""
    named = os.environ.get("PGCACHE_TEST_DSN")
    if named:
        yield NamedServer(named)
        return
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 1 << 30
    with EmbeddedServer(settings={"fsync": "off"}, temporary_in=memory if roomy else None) as embedded:
        yield embedded


@pytest.fixture(scope="session")
def databases(server: Server) -> Iterator[Databases]:
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        databases = Databases(server, admin)
        yield databases
        for name in databases.templates.values():
            databases.drop(name)


@pytest.fixture
def dsn(databases: Databases) -> Iterator[str]:
    """The connection string of a fresh, empty database."""
    name = databases.create()
    yield databases.server.dsn(name)
    databases.drop(name)


@pytest.fixture
def conn(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the database of `dsn`, in autocommit mode."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def clone(databases: Databases) -> Iterator[Clone]:
    """Gives a fresh copy of a template: `clone("finance", build)`.

    The template is built once in a run, by the first caller of its key, with `build(dsn)`, which must leave
    no connection open. The copy is dropped after the test.
    """
    names = []

    def make(key: str, build: Build) -> str:
        names.append(databases.create(databases.template(key, build)))
        return databases.server.dsn(names[-1])

    yield make
    for name in names:
        databases.drop(name)

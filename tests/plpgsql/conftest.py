"""A server that has plpgsql_check: the one of the run, else the system's; skipped where there is none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest.mock import patch

import psycopg
import pytest

from pgcache.embedded import EmbeddedServer
from tests.conftest import Databases, Server
from tests.histories.databases import Worlds
from tests.plpgsql.coverage import system_programs


@pytest.fixture(scope="session")
def checking_server(server: Server) -> Iterator[Server]:
    with psycopg.connect(server.dsn(), autocommit=True) as conn:
        here = conn.execute("SELECT FROM pg_available_extensions WHERE name = 'plpgsql_check'").rowcount
    if here:
        yield server
        return
    bindir = system_programs()
    if bindir is None:
        pytest.skip("no server here has plpgsql_check; apt-get install postgresql-VERSION-plpgsql-check brings it")
    with patch.dict(os.environ, PGCACHE_PG_BINDIR=str(bindir)):
        other = EmbeddedServer(settings={"fsync": "off"})
        other.start()
    try:
        yield other
    finally:
        other.stop()


@pytest.fixture(scope="session")
def checking_worlds(checking_server: Server) -> Iterator[Worlds]:
    with psycopg.connect(checking_server.dsn(), autocommit=True) as admin:
        worlds = Worlds(Databases(checking_server, admin))
        yield worlds
        worlds.close()

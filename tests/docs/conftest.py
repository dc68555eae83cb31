"""The roles that the documents grant privileges to."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from tests.conftest import Server

ROLES = ("app", "cron")


@pytest.fixture
def roles(server: Server) -> Iterator[None]:
    """Roles that exist in every database of the server; those that were there before stay."""
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        there = {name for (name,) in admin.execute("SELECT rolname FROM pg_roles").fetchall()}
        made = [sql.Identifier(role) for role in ROLES if role not in there]
        for role in made:
            admin.execute(sql.SQL("CREATE ROLE {}").format(role))
        yield
        for role in made:
            admin.execute(sql.SQL("DROP ROLE {}").format(role))

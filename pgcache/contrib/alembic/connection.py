"""What pgcache needs of Alembic's connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from alembic.util import CommandError
from sqlalchemy import Connection

from pgcache.errors import PgcacheError


def driver_connection(connection: Connection) -> psycopg.Connection[Any]:
    """The driver's connection, so that pgcache sees and does everything in the transaction of the migration.

    Raises
    ------
    CommandError
        The driver is another than psycopg.
    """
    found = connection.connection.driver_connection
    if isinstance(found, psycopg.Connection):
        return found
    raise CommandError(
        f"pgcache works through the driver psycopg, and Alembic is connected through {connection.dialect.driver}; "
        "write postgresql+psycopg://... in env.py (the application may keep its driver)"
    )


@contextmanager
def failing_as_a_command() -> Iterator[None]:
    """Let Alembic show the errors that a user can act on as its own, without a traceback."""
    try:
        yield
    except PgcacheError as error:
        raise CommandError(str(error)) from error

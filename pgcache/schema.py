"""The versioned state of the schema pgcache, brought to its head by Alembic with a version table of its own."""

from __future__ import annotations

import io
from typing import Any

import psycopg
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from alembic import command, op
from pgcache import queries, resources

SCHEMA = "pgcache"


def run_file(name: str) -> None:
    """Run a file of sql/schema within a revision; offline it is printed.

    The driver gets it without parameters: SQLAlchemy's text would take `:name` for a parameter of its own.
    """
    statements = resources.sql("schema", name)
    context = op.get_context()
    if context.as_sql:
        context.impl.static_output(statements)
    else:
        driver = op.get_bind().connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        driver.execute(statements.encode())


def pending_revisions(conn: psycopg.Connection[Any]) -> tuple[str, ...]:
    """The revisions that the database lacks, oldest first."""
    script = ScriptDirectory.from_config(_config())
    missing = script.iterate_revisions("head", _current(conn) or "base")
    return tuple(reversed([revision.revision for revision in missing]))


def upgrade(conn: psycopg.Connection[Any]) -> None:
    """Bring the schema to its head, in one transaction."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: conn, poolclass=StaticPool)
    conn.autocommit = False
    try:
        with engine.connect() as connection:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    except BaseException:
        conn.rollback()
        raise
    finally:
        if not conn.closed:
            conn.autocommit = True


def upgrade_script(conn: psycopg.Connection[Any]) -> str:
    """The statements that `upgrade` would run."""
    output = io.StringIO()
    config = _config(output)
    command.upgrade(config, f"{_current(conn) or 'base'}:head", sql=True)
    return output.getvalue()


def _current(conn: psycopg.Connection[Any]) -> str | None:
    if not queries.value(conn, "schema_exists"):
        return None
    found: str | None = queries.value(conn, "revision")
    return found


def _config(output: io.StringIO | None = None) -> Config:
    config = Config(output_buffer=output) if output else Config()
    config.set_main_option("script_location", str(resources.path("alembic")).replace("%", "%%"))
    config.set_main_option("sqlalchemy.url", "postgresql+psycopg://")
    return config

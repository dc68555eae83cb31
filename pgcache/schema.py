"""The versioned state of the schema pgcache, brought to its head by Alembic with a version table of its own."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError

from alembic import command, context, op
from pgcache import queries, resources
from pgcache.errors import PgcacheError


def run_file(name: str) -> None:
    """Print a file of sql/schema as a part of a revision, as it is.

    SQLAlchemy's text would take `:name` for a parameter of its own.
    """
    op.get_context().impl.static_output(resources.sql("schema", name))


def pending_revisions(conn: psycopg.Connection[Any]) -> dict[str, str]:
    """The revisions that a database lacks, oldest first, each with its statements.

    Raises
    ------
    PgcacheError
        It holds a revision that this pgcache does not know, or the tables of one without their rows.
    """
    current = _current(conn)
    try:
        found = revisions(current)
    except RevisionError:
        raise PgcacheError(
            f"database {conn.info.dbname!r} was migrated by a newer pgcache, to revision {current}; install that one"
        ) from None
    if found and not queries.value(conn, "namespace_exists"):
        # IF NOT EXISTS would ask for the right to create schemas even where there is nothing to create.
        first = next(iter(found))
        found[first] = f"CREATE SCHEMA pgcache;\n\n{found[first]}"
    return found


def revisions(after: str | None = None) -> dict[str, str]:
    """All revisions after one, oldest first, each with its statements for a database that has the schema pgcache."""
    script = ScriptDirectory.from_config(_config())
    missing = reversed(list(script.iterate_revisions("head", after or "base")))
    return {
        revision.revision: _statements(f"{revision.down_revision or 'base'}:{revision.revision}")
        for revision in missing
    }


def _statements(span: str) -> str:
    output = io.StringIO()
    with _nested_environment():
        command.upgrade(_config(output), span, sql=True)
    return output.getvalue()


@contextmanager
def _nested_environment() -> Iterator[None]:
    """Alembic's environment is in the names of two modules, for a migration that runs pgcache to find its own again."""
    modules = [(module, dict(vars(module))) for module in (context, op)]
    try:
        yield
    finally:
        for module, names in modules:
            vars(module).update(names)


def _current(conn: psycopg.Connection[Any]) -> str | None:
    if not queries.value(conn, "schema_exists"):
        return None
    found: str | None = queries.value(conn, "revision")
    if found is None:
        raise PgcacheError(
            f"the schema pgcache of database {conn.info.dbname!r} has its tables without their rows, as a restore of "
            "the schema alone leaves it; run DROP SCHEMA pgcache CASCADE, then pgcache migrate"
        )
    return found


def _config(output: io.StringIO | None = None) -> Config:
    config = Config(output_buffer=output) if output else Config()
    config.set_main_option("script_location", str(resources.path("alembic")).replace("%", "%%"))
    return config

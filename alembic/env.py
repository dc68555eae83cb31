"""Brings the schema pgcache to its head; its version table lives there too, away from the host project's own."""

from sqlalchemy import Connection, text

from alembic import context

SCHEMA = "pgcache"
OPTIONS = {"version_table": "alembic_version", "version_table_schema": SCHEMA, "transactional_ddl": True}


def upgrade_online(connection: Connection) -> None:
    # IF NOT EXISTS would ask for the right to create schemas even where there is nothing to create.
    if connection.scalar(text("SELECT to_regnamespace('pgcache')")) is None:
        connection.execute(text("CREATE SCHEMA pgcache"))
    context.configure(connection=connection, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


def print_offline() -> None:
    context.configure(dialect_name="postgresql", **OPTIONS)
    with context.begin_transaction():
        context.execute("CREATE SCHEMA IF NOT EXISTS pgcache")
        context.run_migrations()


if context.is_offline_mode():
    print_offline()
else:
    upgrade_online(context.config.attributes["connection"])

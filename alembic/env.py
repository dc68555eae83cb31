"""Prints what brings the schema pgcache to its head, for pgcache.schema, which runs it in a transaction of its choice.

The version table lives in the schema too, away from the host project's own.
"""

from alembic import context

context.configure(dialect_name="postgresql", version_table="alembic_version", version_table_schema="pgcache")
context.run_migrations()

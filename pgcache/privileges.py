"""Says what the role that migrates may not do, and which GRANT lets it."""

from __future__ import annotations

from collections.abc import Sequence

from pgcache.catalog import Catalog, Relation, quoted

# PostgreSQL lets a role lock a table against writers only where it may change rows itself.
LOCK = "UPDATE, DELETE, TRUNCATE"
"""Any of these."""


def database_problems(catalog: Catalog) -> list[str]:
    """What keeps the role from migrating the database at all."""
    role, database = catalog.role, quoted(catalog.conn.info.dbname)
    lacking = []
    if not catalog.may_create_pgcache:
        lacking.append(("may not create the schema pgcache in this database", "CREATE"))
    if not catalog.may_create_temporary:
        lacking.append(("may not create temporary tables, on copies of which expressions are tried", "TEMPORARY"))
    to = f"ON DATABASE {database} TO {quoted(role)}"
    return [
        f"role {role} {what}; run GRANT {privilege} {to}, or migrate as another role" for what, privilege in lacking
    ]


def schema_problem(catalog: Catalog, schema: str, what: str) -> str | None:
    """What keeps the role from creating something in a schema."""
    if catalog.may_create_in(schema):
        return None
    grant = f"GRANT CREATE ON SCHEMA {quoted(schema)} TO {quoted(catalog.role)}"
    return f"role {catalog.role} may not create the {what} in schema {schema}; run {grant}, or migrate as another role"


def table_problem(catalog: Catalog, relation: Relation, lacking: Sequence[str]) -> str:
    """What the role lacks on a table."""
    names = ", ".join(privilege.replace(", ", " or ") for privilege in lacking)
    grants = ", ".join(privilege.partition(",")[0] for privilege in lacking)
    grant = f"GRANT {grants} ON {relation.quoted} TO {quoted(catalog.role)}"
    return f"role {catalog.role} lacks {names} on {relation}; run {grant}, or migrate as the table's owner"

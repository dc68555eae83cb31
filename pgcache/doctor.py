"""Looks for everything that can make or hide drift, and says how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from pgcache import queries
from pgcache.errors import DeclarationError
from pgcache.model import Declaration
from pgcache.plan import make_plan


@dataclass(frozen=True)
class Finding:
    """What is wrong, and the command or statement that mends it."""

    what: str
    mend: str


def examine(conn: psycopg.Connection[Any], declaration: Declaration) -> list[Finding]:
    """Compare a database with its declaration, and look at what a plan does not show. Nothing is changed.

    Parameters
    ----------
    conn:
        An autocommit connection as the role that migrates.
    declaration:
        What pgcache.toml says.
    """
    if not queries.value(conn, "schema_exists"):
        return [Finding(f"pgcache is not installed in database {conn.info.dbname}", "pgcache migrate")]
    return [*_planned(conn, declaration), *(Finding(**row) for row in queries.rows(conn, "complaints"))]


def _planned(conn: psycopg.Connection[Any], declaration: Declaration) -> list[Finding]:
    try:
        plan = make_plan(conn, declaration)
    except DeclarationError as error:
        return [Finding(*problem.rsplit("; ", 1)) for problem in error.problems]
    findings = [Finding(f"migrate would {step}", "pgcache migrate") for step in plan.steps]
    findings += [Finding(warning.what, warning.mend) for warning in plan.warnings]
    findings += [
        Finding(f"cache {name} is installed, but not declared", "pgcache migrate --prune") for name in plan.undeclared
    ]
    return findings

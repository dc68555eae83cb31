"""Everything that a database holds, to tell whether something changed, or whether two of them are alike."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

_MINE = "nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"

_OBJECTS = f"""
SELECT 'schema', nspname, coalesce(nspacl::text, '') FROM pg_namespace WHERE {_MINE}
UNION ALL
SELECT 'relation', c.oid::regclass::text, concat_ws(' ', c.relkind, c.relacl, pg_get_viewdef(c.oid))
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE {_MINE}
UNION ALL
SELECT 'column', concat_ws('.', a.attrelid::regclass, a.attname),
       concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
  FROM pg_attribute AS a
  JOIN pg_class AS c ON c.oid = a.attrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attnum > 0 AND {_MINE}
UNION ALL
SELECT 'function', p.oid::regprocedure::text, concat_ws(' ', p.proacl, pg_get_functiondef(p.oid))
  FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE {_MINE}
UNION ALL
SELECT 'trigger', concat_ws(' ', t.tgrelid::regclass, t.tgname), concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
  FROM pg_trigger AS t WHERE NOT t.tgisinternal
UNION ALL
SELECT 'comment', pg_describe_object(classoid, objoid, objsubid), description
  FROM pg_description WHERE objoid > 16383
"""
_TABLES = f"""
SELECT nspname, relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE relkind = 'r' AND {_MINE}
"""

# What differs between two databases to which the same was done.
_MOMENTS = {
    "cache": ("installed_at", "backfilled_at", "resynced_in"),
    "run": ("started_at", "finished_at", "snapshot", "evidence", "judged_at"),
    "object": ("position",),
}

State = dict[tuple[str, str], Any]


def state(conn: psycopg.Connection[Any], *, moments: bool = True) -> State:
    """Every object of a database with its text, and every row of its tables.

    Parameters
    ----------
    moments:
        Whether the times at which pgcache did something count.
    """
    found: State = {(kind, name): text for kind, name, text in conn.execute(_OBJECTS.encode())}
    for schema, table in conn.execute(_TABLES.encode()).fetchall():
        ignored = [] if moments or schema != "pgcache" else list(_MOMENTS.get(table, ()))
        name = sql.Identifier(schema, table)
        query = sql.SQL("SELECT (to_jsonb(whole) - $1::text[])::text FROM {} AS whole").format(name)
        with psycopg.RawCursor(conn) as cursor:  # a name may hold a %
            found["rows", f"{schema}.{table}"] = sorted(row for (row,) in cursor.execute(query, (ignored,)))
    return found

-- The tables that pgcache made. Before PostgreSQL 16, to_regclass fails on what is no name, so it is asked of tables alone.
SELECT n.nspname::text AS schema, k.relname::text AS name
  FROM pgcache.object AS o
  JOIN pg_class AS k ON k.oid = to_regclass(CASE o.kind WHEN 'table' THEN o.name END)
  JOIN pg_namespace AS n ON n.oid = k.relnamespace
 WHERE o.kind = 'table'

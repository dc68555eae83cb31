-- The tables that pgcache made.
SELECT n.nspname::text AS schema, k.relname::text AS name
  FROM pgcache.object AS o
  JOIN pg_class AS k ON k.oid = to_regclass(o.name)
  JOIN pg_namespace AS n ON n.oid = k.relnamespace
 WHERE o.kind = 'table'

-- $1 schema or null, $2 name, $3 the search path.
SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relname = $2::name
   AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
   AND CASE WHEN $1::text IS NULL THEN n.nspname = ANY ($3::name[]) ELSE n.nspname = $1::text END
 ORDER BY array_position($3::name[], n.nspname)
 LIMIT 1

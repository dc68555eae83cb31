-- The partitions and inheriting tables below table $1, at every level.
WITH RECURSIVE below AS (
    SELECT i.inhrelid AS oid FROM pg_inherits AS i WHERE i.inhparent = $1::oid
    UNION
    SELECT i.inhrelid FROM below AS b JOIN pg_inherits AS i ON i.inhparent = b.oid
)
SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind
  FROM below AS b
  JOIN pg_class AS c ON c.oid = b.oid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 ORDER BY 2, 3

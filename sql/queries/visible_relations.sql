-- The tables and indexes of the schemas $1, to tell what a script created.
SELECT n.nspname || '.' || c.relname AS name
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = ANY ($1::name[]) AND c.relkind IN ('r', 'p', 'i')
 ORDER BY c.relkind DESC, 1

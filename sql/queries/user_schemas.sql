-- The schemas that may hold tables of users.
SELECT n.nspname::text AS name
  FROM pg_namespace AS n
 WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'pgcache')
 ORDER BY 1

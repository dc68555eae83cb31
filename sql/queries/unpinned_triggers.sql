-- The users' triggers on table $1 that an update fires and whose functions look names up along the search_path of whoever
-- updates: pgcache's own updates run with pg_catalog alone.
SELECT t.tgname AS trigger, p.oid::regprocedure::text AS function
  FROM pg_trigger AS t
  JOIN pg_proc AS p ON p.oid = t.tgfoid
  JOIN pg_namespace AS n ON n.oid = p.pronamespace AND n.nspname <> 'pgcache'
  JOIN pg_language AS l ON l.oid = p.prolang AND l.lanname NOT IN ('internal', 'c')
 WHERE t.tgrelid = $1::oid
   AND NOT t.tgisinternal
   AND t.tgtype & 16 <> 0
   AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS s(setting) WHERE s.setting LIKE 'search\_path=%')
 ORDER BY 1

-- The query that was tried, with every name qualified that pg_catalog does not have, and whether it reads pgcache_keys.
SELECT pg_get_viewdef('pg_temp.pgcache_query'::regclass) AS text,
       EXISTS (SELECT FROM pg_depend AS d
                 JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
                WHERE r.ev_class = 'pg_temp.pgcache_query'::regclass
                  AND d.refclassid = 'pg_class'::regclass AND d.refobjid = 'pg_temp.pgcache_keys'::regclass) AS limited,
       ARRAY(SELECT DISTINCT k.oid::regclass::text
               FROM pg_depend AS d
               JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
               JOIN pg_class AS k ON d.refclassid = 'pg_class'::regclass AND k.oid = d.refobjid
              WHERE r.ev_class = 'pg_temp.pgcache_query'::regclass AND row_security_active(k.oid)
              ORDER BY 1) AS hidden

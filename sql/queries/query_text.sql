-- The query that was tried, with every name qualified that pg_catalog does not have, and whether it reads pgcache_keys. `reads` are the columns
-- that it reads, by the oid of the table, and of every table that inherits from that or that it inherits from; null where that cannot be told: it
-- reads whole rows or system columns (of which no dependency tells), a view, a table with row-level security, or whatever a function reads that is
-- not immutable.
WITH RECURSIVE rule AS (
    SELECT r.oid, r.ev_action::text AS action FROM pg_rewrite AS r WHERE r.ev_class = 'pg_temp.pgcache_query'::regclass
), used AS (
    SELECT d.refclassid AS class, d.refobjid AS id, d.refobjsubid AS number
      FROM pg_depend AS d
      JOIN rule AS r ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
     WHERE d.refobjid <> 'pg_temp.pgcache_query'::regclass
), family AS (
    SELECT u.id AS read, u.id AS oid FROM used AS u WHERE u.class = 'pg_class'::regclass
     UNION
    SELECT f.read, CASE WHEN i.inhparent = f.oid THEN i.inhrelid ELSE i.inhparent END
      FROM family AS f
      JOIN pg_inherits AS i ON f.oid IN (i.inhparent, i.inhrelid)
), columns AS (
    SELECT f.oid, jsonb_agg(DISTINCT a.attname) FILTER (WHERE a.attname IS NOT NULL) AS names
      FROM used AS u
      JOIN family AS f ON u.class = 'pg_class'::regclass AND f.read = u.id
      LEFT JOIN pg_attribute AS a ON a.attrelid = u.id AND a.attnum = u.number AND u.number > 0
     GROUP BY f.oid
)
SELECT pg_get_viewdef('pg_temp.pgcache_query'::regclass) AS text,
       EXISTS (SELECT FROM used AS u WHERE u.class = 'pg_class'::regclass AND u.id = 'pg_temp.pgcache_keys'::regclass) AS limited,
       ARRAY(SELECT DISTINCT k.oid::regclass::text
               FROM used AS u
               JOIN pg_class AS k ON u.class = 'pg_class'::regclass AND k.oid = u.id
              WHERE row_security_active(k.oid)
              ORDER BY 1) AS hidden,
       CASE WHEN EXISTS (SELECT FROM rule AS r WHERE r.action ~ ':varattno (0|-)')
              OR pg_get_viewdef('pg_temp.pgcache_query'::regclass) ~ '_to_xml'
              OR EXISTS (SELECT FROM used AS u
                           JOIN pg_class AS k ON u.class = 'pg_class'::regclass AND k.oid = u.id
                          WHERE k.relkind NOT IN ('r', 'p') OR k.relrowsecurity)
              OR EXISTS (SELECT FROM used AS u
                           LEFT JOIN pg_operator AS o ON u.class = 'pg_operator'::regclass AND o.oid = u.id
                           JOIN pg_proc AS p ON p.oid = CASE WHEN u.class = 'pg_proc'::regclass THEN u.id ELSE o.oprcode END
                          WHERE (p.provolatile <> 'i' OR p.prokind <> 'f') AND p.oid <> 'pgcache.today()'::regprocedure)
            THEN NULL
            ELSE (SELECT coalesce(jsonb_object_agg(c.oid::text, coalesce(c.names, '[]')), '{}') FROM columns AS c)
        END AS reads

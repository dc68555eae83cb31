-- The columns of users' tables whose type PostgreSQL refuses to change, since a trigger or a view of pgcache names them. Before PostgreSQL 16,
-- to_regclass fails on what is no name of a relation, and a join may ask it of any row: so none is asked but of triggers and views.
SELECT DISTINCT o.cache, n.nspname::text AS schema, k.relname::text AS table, a.attname::text AS column
  FROM pgcache.object AS o
  LEFT JOIN pg_trigger AS g ON o.kind = 'trigger' AND g.tgname = o.name AND g.tgrelid = to_regclass(nullif(o.relation, ''))
  LEFT JOIN pg_rewrite AS r ON o.kind = 'view' AND r.ev_class = to_regclass(CASE o.kind WHEN 'view' THEN o.name END)
  JOIN pg_depend AS d ON (d.classid, d.objid) IN (('pg_trigger'::regclass, g.oid), ('pg_rewrite'::regclass, r.oid))
  JOIN pg_class AS k ON d.refclassid = 'pg_class'::regclass AND k.oid = d.refobjid
  JOIN pg_namespace AS n ON n.oid = k.relnamespace
  JOIN pg_attribute AS a ON a.attrelid = k.oid AND a.attnum = d.refobjsubid
 WHERE d.refobjsubid > 0
 ORDER BY 1, 2, 3, 4

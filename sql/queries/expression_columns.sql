-- The columns that the generated column $2 of table $1 reads. What it depends on is kept with its expression, before PostgreSQL 15
-- with the column itself.
SELECT coalesce(array_agg(DISTINCT a.attname::text), '{}') AS columns
  FROM pg_attrdef AS d
  JOIN pg_attribute AS g ON g.attrelid = d.adrelid AND g.attnum = d.adnum
  JOIN pg_depend AS p ON (p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
                          OR p.classid = 'pg_class'::regclass AND p.objid = d.adrelid AND p.objsubid = d.adnum)
                     AND p.refclassid = 'pg_class'::regclass AND p.refobjid = d.adrelid AND p.refobjsubid NOT IN (0, d.adnum)
  JOIN pg_attribute AS a ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid
 WHERE d.adrelid = to_regclass($1::text) AND g.attname = $2::name

-- The columns that the generated column $2 of table $1 reads.
SELECT coalesce(array_agg(DISTINCT a.attname::text), '{}') AS columns
  FROM pg_attrdef AS d
  JOIN pg_attribute AS g ON g.attrelid = d.adrelid AND g.attnum = d.adnum
  JOIN pg_depend AS p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
                     AND p.refclassid = 'pg_class'::regclass AND p.refobjid = d.adrelid AND p.refobjsubid NOT IN (0, d.adnum)
  JOIN pg_attribute AS a ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid
 WHERE d.adrelid = to_regclass($1::text) AND g.attname = $2::name

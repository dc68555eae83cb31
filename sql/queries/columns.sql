-- $1 the table. The type is a domain's base type, without length or scale; typmod is the column's or the domain's.
WITH RECURSIVE base AS (
    SELECT a.attnum, a.atttypid AS oid, a.atttypmod AS typmod
      FROM pg_attribute AS a
     WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT b.attnum, t.typbasetype, CASE WHEN b.typmod = -1 THEN t.typtypmod ELSE b.typmod END
      FROM base AS b
      JOIN pg_type AS t ON t.oid = b.oid AND t.typtype = 'd'
)
SELECT a.attname AS name,
       b.oid AS type_oid,
       format_type(b.oid, -1) AS type,
       b.typmod,
       a.attgenerated::text AS generated,
       (SELECT n.nspname || '.' || o.oprname
          FROM pg_opclass AS k
          JOIN pg_am AS m ON m.oid = k.opcmethod AND m.amname = 'btree'
          JOIN pg_amop AS p ON p.amopfamily = k.opcfamily AND p.amoplefttype = k.opcintype
                           AND p.amoprighttype = k.opcintype AND p.amopstrategy = 3
          JOIN pg_operator AS o ON o.oid = p.amopopr
          JOIN pg_namespace AS n ON n.oid = o.oprnamespace
         WHERE k.opcdefault AND k.opcintype = b.oid AND n.nspname <> 'pg_catalog') AS equality,
       (SELECT n.nspname || '.' || o.oprname
          FROM pg_opclass AS k
          JOIN pg_am AS m ON m.oid = k.opcmethod AND m.amname = 'btree'
          JOIN pg_amop AS p ON p.amopfamily = k.opcfamily AND p.amoplefttype = k.opcintype
                           AND p.amoprighttype = k.opcintype AND p.amopstrategy = 1
          JOIN pg_operator AS o ON o.oid = p.amopopr
          JOIN pg_namespace AS n ON n.oid = o.oprnamespace
         WHERE k.opcdefault AND k.opcintype = b.oid AND n.nspname <> 'pg_catalog') AS less,
       (SELECT format('%I.%I', n.nspname, c.collname)
          FROM pg_collation AS c
          JOIN pg_namespace AS n ON n.oid = c.collnamespace
         WHERE c.oid = a.attcollation) AS collation,
       EXISTS (
        SELECT FROM pg_opclass AS k
          JOIN pg_am AS m ON m.oid = k.opcmethod AND m.amname = 'hash'
         WHERE k.opcdefault
           AND (k.opcintype = b.oid
                OR EXISTS (SELECT FROM pg_cast AS c
                            WHERE c.castsource = b.oid AND c.casttarget = k.opcintype AND c.castmethod = 'b'))
       ) OR t.typtype = 'e' AS hashable
  FROM base AS b
  JOIN pg_type AS t ON t.oid = b.oid AND t.typtype <> 'd'
  JOIN pg_attribute AS a ON a.attrelid = $1::oid AND a.attnum = b.attnum
 ORDER BY a.attnum

-- The columns of the primary key of a table, each with the table's qualified name; none where there is no such table.
SELECT format('%I.%I', n.nspname, c.relname) AS relation, a.attname AS name
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
 CROSS JOIN LATERAL unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k(attnum, position)
  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum
 WHERE c.oid = to_regclass($1)
 ORDER BY k.position

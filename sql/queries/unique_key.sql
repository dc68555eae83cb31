-- Whether columns $2 of table $1 are unique: a whole, valid, immediate index over just these columns.
SELECT EXISTS (
    SELECT FROM pg_index AS i
     WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND i.indimmediate
       AND i.indpred IS NULL AND i.indexprs IS NULL
       AND (SELECT array_agg(a.attname ORDER BY a.attname)
              FROM unnest(i.indkey[0:i.indnkeyatts - 1]) AS k(attnum)
              JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum)
           = (SELECT array_agg(c.name ORDER BY c.name) FROM unnest($2::name[]) AS c(name))
) AS found

-- Whether an index of table $1 begins with columns $2, in any order.
SELECT EXISTS (
    SELECT FROM pg_index AS i
     WHERE i.indrelid = $1::oid AND i.indisvalid
       AND (SELECT array_agg(a.attname ORDER BY a.attname)
              FROM unnest(i.indkey[0:cardinality($2::name[]) - 1]) AS k(attnum)
              JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum)
           = (SELECT array_agg(c.name ORDER BY c.name) FROM unnest($2::name[]) AS c(name))
) AS found

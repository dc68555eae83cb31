-- Whether a foreign key in force ties columns $2 of table $1 to columns $4 of table $3, checked at the end of each statement.
SELECT EXISTS (
    SELECT FROM pg_constraint AS c
     WHERE c.contype = 'f' AND c.conrelid = $1::oid AND c.confrelid = $3::oid
       AND c.convalidated AND NOT c.condeferrable
       AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true)
       AND (SELECT array_agg(f.attname || ' ' || t.attname ORDER BY f.attname)
              FROM unnest(c.conkey, c.confkey) AS k(source, target)
              JOIN pg_attribute AS f ON f.attrelid = c.conrelid AND f.attnum = k.source
              JOIN pg_attribute AS t ON t.attrelid = c.confrelid AND t.attnum = k.target)
           = (SELECT array_agg(k.source || ' ' || k.target ORDER BY k.source)
                FROM unnest($2::name[], $4::name[]) AS k(source, target))
) AS found

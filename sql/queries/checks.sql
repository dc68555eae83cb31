-- The CHECK constraints of table $1 that read one of columns $2. Where the server can have them, those that it does not enforce are none.
SELECT quote_ident(c.conname) AS name
  FROM pg_constraint AS c
 WHERE c.conrelid = $1::oid
   AND c.contype = 'c'
   AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true)
   AND EXISTS (SELECT FROM pg_attribute AS a
                WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) AND a.attname = ANY ($2::name[]))
 ORDER BY 1

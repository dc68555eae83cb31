-- About how many keys cache $1 has.
SELECT greatest(k.reltuples, 0)::bigint
  FROM pgcache.cache AS c
  JOIN pg_class AS k ON k.oid = to_regclass(c.target)
 WHERE c.name = $1::text

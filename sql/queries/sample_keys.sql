SELECT s.key::text FROM pgcache.sample_keys($1::text, $2::numeric) AS s(key)

SELECT s.key::text FROM pgcache.touched_keys($1::text, $2::interval) AS s(key)

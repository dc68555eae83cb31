SELECT f.key, f.marked_at, f.error FROM pgcache.failures($1::text) AS f

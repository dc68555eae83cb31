SELECT pgcache.count_keys($1::text)

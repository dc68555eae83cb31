SELECT pgcache.refresh($1::text)

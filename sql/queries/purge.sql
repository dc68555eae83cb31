SELECT pgcache.purge($1::interval)

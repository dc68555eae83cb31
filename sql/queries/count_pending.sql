SELECT pgcache.count_pending($1)

SELECT pgcache.fold($1, $2)

SELECT s.* FROM pgcache.status() AS s

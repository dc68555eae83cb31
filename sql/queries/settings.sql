SELECT s.name, s.value FROM pgcache.setting AS s

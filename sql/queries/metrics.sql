SELECT m.metric, m.cache, m.value FROM pgcache.metrics() AS m

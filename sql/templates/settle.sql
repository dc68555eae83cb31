SELECT pgcache.settle(__cache__);

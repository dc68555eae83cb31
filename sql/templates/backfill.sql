SELECT pgcache.backfill(__cache__);

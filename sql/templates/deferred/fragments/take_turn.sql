PERFORM pgcache.lock_refresh(__cache__);

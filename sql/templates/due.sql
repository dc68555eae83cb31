UPDATE pgcache.cache AS c SET backfilled_at = NULL WHERE c.name = __cache__;

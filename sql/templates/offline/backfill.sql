SELECT pgcache.backfill(c.name) FROM pgcache.cache AS c WHERE c.name = __cache__ AND c.backfilled_at IS NULL;

-- The history of its runs and drifts stays; the cached columns stay as they are.
DELETE FROM pgcache.cache WHERE name = __cache__;
DELETE FROM pgcache.slot WHERE cache = __cache__;
DELETE FROM pgcache.dirty WHERE cache = __cache__;
DELETE FROM pgcache.repair WHERE cache = __cache__;
DELETE FROM pgcache.found WHERE cache = __cache__;

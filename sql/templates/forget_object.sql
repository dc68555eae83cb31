DELETE FROM pgcache.object WHERE kind = __kind__ AND name = __name__ AND relation = __relation__;

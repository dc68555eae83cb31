DROP TABLE pgcache.setting, pgcache.cache, pgcache.object, pgcache.run, pgcache.found, pgcache.drift, pgcache.dirty, pgcache.repair, pgcache.slot, pgcache.write, pgcache.alembic_version;
DROP SEQUENCE pgcache.run_id;
DROP SCHEMA pgcache;

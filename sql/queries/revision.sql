SELECT v.version_num FROM pgcache.alembic_version AS v

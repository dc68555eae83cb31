SELECT nextval('pgcache.run_id')

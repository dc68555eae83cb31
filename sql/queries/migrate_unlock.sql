SELECT pg_advisory_unlock(hashtext('pgcache migrate'), 0)

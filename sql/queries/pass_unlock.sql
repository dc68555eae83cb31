SELECT pg_advisory_unlock(hashtext('pgcache pass ' || $1::text), 0)

-- One pass over a cache at a time, the same lock as in pgcache.reconcile_begin, but held by the session: the pass spans transactions.
SELECT pg_advisory_lock(hashtext('pgcache pass ' || $1::text), 0)

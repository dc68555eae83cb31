-- One pass over cache $1 at a time, the same lock as in pgcache.reconcile_open, but held by the session: the pass spans transactions.
-- Where it is not to wait ($2), who holds it is told; a null tells that nobody does any more.
SELECT taken.granted, CASE WHEN NOT taken.granted THEN (
           SELECT l.pid
             FROM pg_locks AS l
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.objid = 0
              AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
              AND l.classid::bigint = hashtext('pgcache pass ' || $1::text)::bigint & 4294967295
            LIMIT 1) END AS pid
  FROM (SELECT CASE WHEN $2::boolean THEN pg_advisory_lock(hashtext('pgcache pass ' || $1::text), 0) IS NOT NULL
                    ELSE pg_try_advisory_lock(hashtext('pgcache pass ' || $1::text), 0) END AS granted
        OFFSET 0) AS taken

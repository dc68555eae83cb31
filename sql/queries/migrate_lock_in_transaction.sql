-- The same lock as in migrate_lock.sql, held until the transaction ends.
SELECT pg_advisory_xact_lock(hashtext('pgcache migrate'), 0)

-- The log of discrepancies, oldest first; of the caches $1 where that is not null.
SELECT d.id, d.run_id, d.cache, d.key, d.measure, d.cached, d.computed, d.drift, d.over_threshold, d.status, d.first_seen,
       d.last_seen, d.resolved_at, d.resolved_by
  FROM pgcache.drift AS d
 WHERE $1::text[] IS NULL OR d.cache = ANY ($1::text[])
 ORDER BY d.id

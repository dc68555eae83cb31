-- The log of discrepancies, oldest first; of the caches $1 and with a status among $2, where these are not null.
SELECT d.id, d.run_id, d.cache, d.key, d.measure, d.cached, d.computed, d.drift, d.over_threshold, d.status, d.first_seen,
       d.last_seen, d.resolved_at, d.resolved_by, d.decision, d.decided_at, d.decided_by
  FROM pgcache.drift AS d
 WHERE ($1::text[] IS NULL OR d.cache = ANY ($1::text[])) AND ($2::text[] IS NULL OR d.status = ANY ($2::text[]))
 ORDER BY d.id

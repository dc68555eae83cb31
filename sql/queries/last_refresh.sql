-- When the figures of a deferred cache were last computed, and what has changed since.
SELECT coalesce((SELECT max(r.started_at) FROM pgcache.run AS r
                  WHERE r.cache = $1 AND r.kind IN ('backfill', 'refresh') AND r.finished_at IS NOT NULL),
                (SELECT c.backfilled_at FROM pgcache.cache AS c WHERE c.name = $1)) AS refreshed_at,
       s.dirty, clock_timestamp() - s.oldest AS oldest_mark
  FROM pgcache.staleness($1) AS s

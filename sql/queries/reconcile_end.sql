SELECT r.cache, r.checked, r.drifted, r.over_threshold, r.corrected, r.pending_review, r.max_abs_drift, r.held,
       CASE c.mode WHEN 'deferred' THEN s.dirty ELSE 0 END AS stale,
       round(extract(epoch FROM r.finished_at - r.started_at)::numeric, 3) AS seconds
  FROM pgcache.reconcile_end($1::bigint, $2::text) AS r
 CROSS JOIN LATERAL pgcache.find_cache(r.cache) AS c
 CROSS JOIN LATERAL pgcache.staleness(r.cache) AS s

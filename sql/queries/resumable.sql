-- The pass over cache $1 that was interrupted and can go on.
SELECT r.id, r.threshold, r.action, r.relative_threshold, r.max_corrections, r.judged_at IS NOT NULL AS judged, r.checked, r.position, r.drifted
  FROM pgcache.run AS r
 WHERE r.cache = $1::text AND r.id = pgcache.reconcile_resume($1::text)

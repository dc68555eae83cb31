-- Every discrepancy that run $1 found in cache $2, and what became of it.
SELECT d.cache, d.key::text AS key, d.measure, d.cached, d.computed, d.drift, d.status
  FROM pgcache.drift AS d
 WHERE d.run_id = $1::bigint AND d.cache = $2::text
 ORDER BY d.id

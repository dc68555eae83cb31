SELECT d.id, d.cache, d.key, d.measure, d.cached, d.computed, d.drift, d.status, d.decided_at, d.decided_by
  FROM pgcache.approve($1::bigint) AS d

-- Every discrepancy that cache $1 has now. Writes nothing, so that it runs on a standby.
SELECT $1::text AS cache, d.key::text AS key, d.measure, d.cached, d.computed, d.drift, 'found' AS status
  FROM pgcache.compare($1::text) AS d

-- What reconcile would find in cache $1 over threshold $2 and relative threshold $4, and whether the limit $5 would hold it back
-- from the action $3 (null: as declared); of the keys $6 alone where that is not null. Writes nothing, so that it runs on a standby.
WITH declared AS MATERIALIZED (
    SELECT c.name, c.mode, coalesce($2::numeric, c.threshold) AS threshold, coalesce($4::numeric, c.relative_threshold) AS relative_threshold,
           coalesce($3::text, c.action) AS action, coalesce($5::text, c.max_corrections) AS max_corrections
      FROM pgcache.find_cache($1::text) AS c
), found AS MATERIALIZED (
    SELECT d.key, d.drift, d.computed FROM pgcache.compare($1::text) AS d WHERE $6::text[] IS NULL
    UNION ALL
    SELECT d.key, d.drift, d.computed FROM pgcache.compare_keys($1::text, $6::text[]::jsonb[]) AS d WHERE $6::text[] IS NOT NULL
), counted AS (
    SELECT coalesce(cardinality($6::text[]), pgcache.count_keys(c.name)) AS checked,
           (SELECT count(DISTINCT f.key) FROM found AS f) AS drifted,
           (SELECT count(DISTINCT f.key) FROM found AS f
             WHERE pgcache.exceeds(f.drift, f.computed, c.threshold, c.relative_threshold)) AS over_threshold,
           (SELECT coalesce(max(abs(f.drift)), 0) FROM found AS f) AS max_abs_drift
      FROM declared AS c
)
SELECT c.name AS cache, n.checked, n.drifted, n.over_threshold, 0::bigint AS corrected, 0::bigint AS pending_review, n.max_abs_drift,
       c.action = 'correct' AND coalesce(n.drifted > pgcache.most_corrections(c.max_corrections, n.checked), false) AS held,
       CASE c.mode WHEN 'deferred' THEN (SELECT s.dirty FROM pgcache.staleness(c.name) AS s) ELSE 0 END AS stale,
       round(extract(epoch FROM clock_timestamp() - statement_timestamp())::numeric, 3) AS seconds
  FROM declared AS c
 CROSS JOIN counted AS n

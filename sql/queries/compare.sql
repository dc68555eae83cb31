-- What reconcile would find in cache $1 over threshold $2 (null: as declared). Writes nothing, so that it runs on a standby.
WITH declared AS MATERIALIZED (
    SELECT c.name, c.target, coalesce($2::numeric, c.threshold) AS threshold FROM pgcache.find_cache($1::text) AS c
), found AS MATERIALIZED (
    SELECT d.key, abs(d.drift) AS amount FROM pgcache.compare($1::text) AS d
)
SELECT c.name AS cache,
       pgcache.count_keys(c.name) AS checked,
       (SELECT count(DISTINCT f.key) FROM found AS f) AS drifted,
       (SELECT count(DISTINCT f.key) FROM found AS f WHERE f.amount > c.threshold) AS over_threshold,
       0::bigint AS corrected,
       0::bigint AS pending_review,
       (SELECT coalesce(max(f.amount), 0) FROM found AS f) AS max_abs_drift,
       round(extract(epoch FROM clock_timestamp() - statement_timestamp())::numeric, 3) AS seconds
  FROM declared AS c

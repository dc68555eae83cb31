-- Per $2 (day, week, month) of the time $3 until now (null: ever), of the caches $1 (null: all): the finished passes, and the drifts that were first seen then.
WITH since AS (
    SELECT coalesce(now() - least($3::interval, interval '1000 years'), '-infinity') AS since
), passes AS (
    SELECT date_trunc($2::text, r.started_at) AS period, r.cache, count(*) AS passes,
           count(*) FILTER (WHERE r.over_threshold = 0 AND NOT r.held) AS clean, count(*) FILTER (WHERE r.held) AS held
      FROM pgcache.run AS r
     WHERE r.kind = 'reconcile' AND r.finished_at IS NOT NULL
       AND ($1::text[] IS NULL OR r.cache = ANY ($1::text[])) AND r.started_at >= (SELECT s.since FROM since AS s)
     GROUP BY 1, 2
), drifts AS (
    SELECT date_trunc($2::text, d.first_seen) AS period, d.cache, count(*) AS drifts,
           count(*) FILTER (WHERE d.over_threshold) AS over_threshold, sum(abs(d.drift)) AS amount, max(abs(d.drift)) AS max_abs_drift,
           count(*) FILTER (WHERE d.status = 'corrected') AS corrected,
           count(*) FILTER (WHERE d.status = 'rejected') AS rejected,
           count(*) FILTER (WHERE d.resolved_at IS NULL AND d.status <> 'rejected') AS open
      FROM pgcache.drift AS d
     WHERE ($1::text[] IS NULL OR d.cache = ANY ($1::text[])) AND d.first_seen >= (SELECT s.since FROM since AS s)
     GROUP BY 1, 2
)
SELECT coalesce(p.period, d.period)::date AS period, coalesce(p.cache, d.cache) AS cache, coalesce(p.passes, 0) AS passes,
       coalesce(p.clean, 0) AS clean, coalesce(p.held, 0) AS held, coalesce(d.drifts, 0) AS drifts,
       coalesce(d.over_threshold, 0) AS over_threshold, coalesce(d.amount, 0) AS amount,
       coalesce(d.max_abs_drift, 0) AS max_abs_drift, coalesce(d.corrected, 0) AS corrected,
       coalesce(d.rejected, 0) AS rejected, coalesce(d.open, 0) AS open
  FROM passes AS p
  FULL JOIN drifts AS d ON d.period = p.period AND d.cache = p.cache
 ORDER BY 1, 2

-- The run that found drift $1 first, and the last one before it that left its key exact: a whole pass that found nothing, or corrected it, or
-- a recompute of the key; not one that left another drift there. What began before "settled" had ended when the run read.
WITH drift AS MATERIALIZED (
    SELECT d.id, d.cache, d.key, d.measure, d.first_run_id, r.started_at
      FROM pgcache.drift AS d
      JOIN pgcache.run AS r ON r.id = d.first_run_id AND r.cache = d.cache
     WHERE d.id = $1::bigint
), wanted AS (
    SELECT 'first' AS which, r.* FROM drift AS d JOIN pgcache.run AS r ON r.id = d.first_run_id AND r.cache = d.cache
    UNION ALL
    (SELECT 'clean', r.*
       FROM drift AS d
       JOIN pgcache.run AS r ON r.cache = d.cache AND r.id <> d.first_run_id AND r.started_at < d.started_at
      WHERE r.finished_at IS NOT NULL
        AND (r.kind IN ('backfill', 'reconcile')
             OR r.kind = 'recompute' AND EXISTS (SELECT FROM pgcache.drift AS k WHERE k.run_id = r.id AND k.cache = d.cache AND k.key = d.key))
        AND NOT EXISTS (SELECT FROM pgcache.drift AS k
                         WHERE k.cache = d.cache AND k.key = d.key AND k.measure = d.measure AND k.id <> d.id
                           AND k.first_seen < r.finished_at AND k.resolved_at > r.finished_at)
      ORDER BY r.started_at DESC
      LIMIT 1)
)
SELECT w.which, w.id, w.kind, w.started_at, w.finished_at, w.started_by, w.evidence,
       pg_snapshot_xmin(w.snapshot)::text AS settled
  FROM wanted AS w

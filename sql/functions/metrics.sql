-- Reads only. Locks as told in hold_declaration. Works on a standby. A cache that has never been reconciled has a 0 for when it was, so
-- that a rule about how long ago that is notices; what there is nothing to measure of has no line.
CREATE OR REPLACE FUNCTION pgcache.metrics() RETURNS TABLE (metric text, cache text, value numeric)
    LANGUAGE sql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT m.metric, c.name, m.value
      FROM pgcache.cache AS c
     CROSS JOIN LATERAL pgcache.staleness(c.name) AS stale
     CROSS JOIN LATERAL (
           SELECT count(*) AS drifts, coalesce(sum(abs(d.drift)), 0) AS amount, count(*) FILTER (WHERE d.status = 'pending_review') AS pending_review
             FROM pgcache.drift AS d
            WHERE d.cache = c.name AND d.resolved_at IS NULL AND d.status <> 'rejected') AS open
      LEFT JOIN LATERAL (
           SELECT r.*
             FROM pgcache.run AS r
            WHERE r.cache = c.name AND r.kind = 'reconcile' AND r.finished_at IS NOT NULL
            ORDER BY r.started_at DESC
            LIMIT 1) AS last ON true
      LEFT JOIN LATERAL (
           SELECT r.started_at
             FROM pgcache.run AS r
            WHERE r.cache = c.name AND r.kind = 'reconcile' AND r.finished_at IS NOT NULL AND r.over_threshold = 0 AND NOT r.held
            ORDER BY r.started_at DESC
            LIMIT 1) AS clean ON true
     CROSS JOIN LATERAL (VALUES
           ('pgcache_open_drifts', open.drifts::numeric),
           ('pgcache_open_drift_amount', open.amount),
           ('pgcache_pending_reviews', open.pending_review),
           ('pgcache_last_reconcile_timestamp_seconds', coalesce(extract(epoch FROM last.started_at)::numeric, 0)),
           ('pgcache_last_clean_reconcile_timestamp_seconds', coalesce(extract(epoch FROM clean.started_at)::numeric, 0)),
           ('pgcache_last_reconcile_duration_seconds', extract(epoch FROM last.finished_at - last.started_at)::numeric),
           ('pgcache_last_reconcile_checked_keys', last.checked),
           ('pgcache_last_reconcile_drifted_keys', last.drifted),
           ('pgcache_last_reconcile_over_threshold_keys', last.over_threshold),
           ('pgcache_last_reconcile_corrected_keys', last.corrected),
           ('pgcache_last_reconcile_held', last.held::integer),
           ('pgcache_last_reconcile_max_drift', last.max_abs_drift),
           ('pgcache_pending_deltas', pgcache.count_pending(c.name)),
           ('pgcache_dirty_keys', stale.dirty),
           ('pgcache_oldest_dirty_timestamp_seconds', extract(epoch FROM stale.oldest)::numeric),
           ('pgcache_failed_keys', stale.failed),
           ('pgcache_backfill_due', (c.backfilled_at IS NULL)::integer)) AS m(metric, value)
     WHERE m.value IS NOT NULL
     ORDER BY m.metric, c.name
$pgcache$;
COMMENT ON FUNCTION pgcache.metrics() IS 'What a monitor should watch of each cache, one figure a row; pgcache status --prometheus prints them.';
REVOKE ALL ON FUNCTION pgcache.metrics() FROM PUBLIC;

-- Reads only. Locks as told in hold_declaration. Works on a standby.
CREATE OR REPLACE FUNCTION pgcache.status()
    RETURNS TABLE (cache text, mode text, target text, rows bigint, pending bigint, dirty bigint, oldest_mark interval,
                   backfilled_at timestamptz, last_reconcile timestamptz, last_drifted bigint, last_max_abs_drift numeric,
                   open_drift bigint)
    LANGUAGE sql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT c.name, c.mode, c.target,
           (SELECT nullif(k.reltuples, -1)::bigint FROM pg_class AS k WHERE k.oid = to_regclass(c.target)),
           pgcache.count_pending(c.name), stale.dirty, clock_timestamp() - stale.oldest,
           c.backfilled_at, last.started_at, last.drifted, last.max_abs_drift,
           (SELECT count(*) FROM pgcache.drift AS d WHERE d.cache = c.name AND d.resolved_at IS NULL AND d.status <> 'rejected')
      FROM pgcache.cache AS c
     CROSS JOIN LATERAL pgcache.staleness(c.name) AS stale
      LEFT JOIN LATERAL (
           SELECT r.started_at, r.drifted, r.max_abs_drift
             FROM pgcache.run AS r
            WHERE r.cache = c.name AND r.kind = 'reconcile' AND r.finished_at IS NOT NULL
            ORDER BY r.started_at DESC
            LIMIT 1) AS last ON true
     ORDER BY c.name
$pgcache$;
COMMENT ON FUNCTION pgcache.status() IS
    'The installed caches with their mode, estimated rows (null before the first ANALYZE), pending deltas, dirty keys, last reconcile and its drift.';
REVOKE ALL ON FUNCTION pgcache.status() FROM PUBLIC;

-- Called by a recompute that found a drift, in its transaction and under the target row's lock, so that a
-- reconcile which read the same drift before does not correct it a second time. Locks the open drifts of the key.
CREATE OR REPLACE FUNCTION pgcache.log_recompute(p_cache text, p_key jsonb, p_cached numeric[], p_computed numeric[])
    RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache := pgcache.find_cache(p_cache);
    v_run bigint := nextval('pgcache.run_id');
BEGIN
    INSERT INTO pgcache.repair (cache, key) VALUES (p_cache, p_key);
    -- A drift of the key that is open is this one: it keeps who found it first, and takes what is corrected now.
    WITH found AS (
        SELECT m.measure, m.cached, m.computed, coalesce(m.computed, 0) - coalesce(m.cached, 0) AS drift
          FROM unnest(v_cache.measures, p_cached, p_computed) AS m(measure, cached, computed)
         WHERE m.cached IS DISTINCT FROM m.computed
    ), known AS (
        UPDATE pgcache.drift AS d
           SET run_id = v_run, cached = f.cached, computed = f.computed, drift = f.drift, last_seen = clock_timestamp(),
               status = 'corrected', resolved_at = clock_timestamp(), resolved_by = session_user
          FROM found AS f
         WHERE d.cache = p_cache AND d.key = p_key AND d.measure = f.measure AND d.resolved_at IS NULL
        RETURNING d.measure
    )
    INSERT INTO pgcache.drift (run_id, first_run_id, cache, key, measure, cached, computed, drift, over_threshold, status,
                               resolved_at, resolved_by)
    SELECT v_run, v_run, p_cache, p_key, f.measure, f.cached, f.computed, f.drift,
           pgcache.exceeds(f.drift, f.computed, v_cache.threshold, v_cache.relative_threshold), 'corrected',
           clock_timestamp(), session_user
      FROM found AS f
     WHERE f.measure NOT IN (SELECT k.measure FROM known AS k);
    UPDATE pgcache.drift AS d
       SET status = 'vanished', resolved_at = clock_timestamp(), resolved_by = session_user
     WHERE d.cache = p_cache AND d.key = p_key AND d.resolved_at IS NULL;
    INSERT INTO pgcache.run (id, cache, kind, threshold, finished_at, checked, drifted, over_threshold, corrected, max_abs_drift, snapshot)
    SELECT v_run, p_cache, 'recompute', v_cache.threshold, clock_timestamp(), 1, 1,
           max(d.over_threshold::integer), 1, max(abs(d.drift)), pg_current_snapshot()
      FROM pgcache.drift AS d
     WHERE d.run_id = v_run;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.log_recompute(text, jsonb, numeric[], numeric[]) IS
    'Logs the correction that a recompute made.';
REVOKE ALL ON FUNCTION pgcache.log_recompute(text, jsonb, numeric[], numeric[]) FROM PUBLIC;

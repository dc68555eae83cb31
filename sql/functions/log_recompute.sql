-- Called by a recompute that found a drift, in its transaction and under the target row's lock, so that a
-- reconcile which read the same drift before does not correct it a second time. Inserts; waits for nobody.
CREATE OR REPLACE FUNCTION pgcache.log_recompute(p_cache text, p_key jsonb, p_cached numeric[], p_computed numeric[])
    RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache := pgcache.find_cache(p_cache);
    v_run bigint := nextval('pgcache.run_id');
    v_count bigint;
BEGIN
    INSERT INTO pgcache.repair (cache, key) VALUES (p_cache, p_key);
    UPDATE pgcache.drift AS d
       SET status = 'corrected', resolved_at = clock_timestamp(), resolved_by = session_user
     WHERE d.cache = p_cache AND d.key = p_key AND d.resolved_at IS NULL;
    INSERT INTO pgcache.drift (run_id, cache, key, measure, cached, computed, drift, over_threshold, status,
                               resolved_at, resolved_by)
    SELECT v_run, p_cache, p_key, m.measure, m.cached, m.computed, m.computed - coalesce(m.cached, 0),
           pgcache.exceeds(m.computed - coalesce(m.cached, 0), m.computed, v_cache.threshold, v_cache.relative_threshold), 'corrected',
           clock_timestamp(), session_user
      FROM unnest(v_cache.measures, p_cached, p_computed) AS m(measure, cached, computed)
     WHERE m.cached IS DISTINCT FROM m.computed;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    INSERT INTO pgcache.run (id, cache, kind, threshold, finished_at, checked, drifted, over_threshold, corrected, max_abs_drift)
    SELECT v_run, p_cache, 'recompute', v_cache.threshold, clock_timestamp(), 1, 1,
           max(d.over_threshold::integer), 1, max(abs(d.drift))
      FROM pgcache.drift AS d
     WHERE d.run_id = v_run
    HAVING v_count > 0;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.log_recompute(text, jsonb, numeric[], numeric[]) IS
    'Logs the correction that a recompute made.';
REVOKE ALL ON FUNCTION pgcache.log_recompute(text, jsonb, numeric[], numeric[]) FROM PUBLIC;

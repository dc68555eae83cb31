-- Called at the end of a pass, so that whoever listens hears of it when, and only if, its transaction commits. Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.raise_alarm(p_run pgcache.run) RETURNS void
    LANGUAGE sql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT pg_notify('pgcache_drift', json_build_object(
               'run_id', p_run.id, 'cache', p_run.cache, 'action', p_run.action, 'checked', p_run.checked, 'drifted', p_run.drifted,
               'over_threshold', p_run.over_threshold, 'corrected', p_run.corrected, 'pending_review', p_run.pending_review,
               'held', p_run.held, 'max_abs_drift', p_run.max_abs_drift::text)::text)
     WHERE p_run.logged AND (p_run.over_threshold > 0 OR p_run.held)
$pgcache$;
COMMENT ON FUNCTION pgcache.raise_alarm(pgcache.run) IS
    'Tells the channel pgcache_drift, as JSON, of a pass that found a drift over the threshold or was held back; else does nothing.';
REVOKE ALL ON FUNCTION pgcache.raise_alarm(pgcache.run) FROM PUBLIC;

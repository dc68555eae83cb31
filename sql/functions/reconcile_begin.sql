-- The first of the three steps of a pass over a whole cache (reconcile or backfill): read the drift. Its callers refresh the marked keys
-- before, in a transaction of its own where they can: their rows would stay locked while the drift is read.
-- Locks: one pass over a cache at a time (an advisory lock; the command line also takes it for its session, since its pass spans
-- transactions). The drift is read in one statement, in one snapshot, with no lock on any row, by parallel workers where the planner
-- likes them: an INSERT ... SELECT never takes any, but the function that it selects from has a plan of its own.
CREATE OR REPLACE FUNCTION pgcache.reconcile_begin(
    p_run bigint, p_cache text, p_kind text, p_threshold numeric DEFAULT NULL, p_action text DEFAULT NULL,
    p_relative_threshold numeric DEFAULT NULL, p_max_corrections text DEFAULT NULL
) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache := pgcache.find_cache(p_cache);
    v_checked bigint;
    v_drifted bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('pgcache pass ' || p_cache), 0);
    DELETE FROM pgcache.repair AS r WHERE r.cache = p_cache;
    DELETE FROM pgcache.found AS f WHERE f.cache = p_cache;
    INSERT INTO pgcache.run (id, cache, kind, threshold, relative_threshold, action, max_corrections, snapshot, evidence, logged)
    VALUES (p_run, p_cache, p_kind, coalesce(p_threshold, v_cache.threshold),
            coalesce(p_relative_threshold, v_cache.relative_threshold), coalesce(p_action, v_cache.action),
            coalesce(p_max_corrections, v_cache.max_corrections), pg_current_snapshot(),
            pgcache.witness(p_cache) || jsonb_build_object('mended', v_cache.mended), p_kind <> 'backfill' OR v_cache.mended IS NOT NULL);

    EXECUTE format('INSERT INTO pgcache.found SELECT $1, f.* FROM pgcache.%I() AS f', p_cache || '_compare') USING p_cache;
    GET DIAGNOSTICS v_drifted = ROW_COUNT;
    v_checked := pgcache.count_keys(p_cache);

    UPDATE pgcache.run AS r SET checked = v_checked, drifted = v_drifted WHERE r.id = p_run AND r.cache = p_cache;
    PERFORM pgcache.judge(p_run, p_cache);
    RETURN v_drifted;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.reconcile_begin(bigint, text, text, numeric, text, numeric, text) IS
    'Reads the drift of every key of a cache, logs it, and returns how many keys drifted.';
REVOKE ALL ON FUNCTION pgcache.reconcile_begin(bigint, text, text, numeric, text, numeric, text) FROM PUBLIC;

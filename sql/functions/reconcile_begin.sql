-- The first of the three steps of a pass over all keys at once: read the drift. Locks as told in reconcile_open and hold_declaration. The
-- drift is read in one statement, in one snapshot, with no lock on any row, by parallel workers where the planner likes them: an
-- INSERT ... SELECT never takes any, but the function that it selects from has a plan of its own.
CREATE OR REPLACE FUNCTION pgcache.reconcile_begin(
    p_run bigint, p_cache text, p_kind text, p_threshold numeric DEFAULT NULL, p_action text DEFAULT NULL,
    p_relative_threshold numeric DEFAULT NULL, p_max_corrections text DEFAULT NULL
)
    RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_checked bigint;
    v_drifted bigint;
BEGIN
    PERFORM pgcache.reconcile_open(p_run, p_cache, p_kind, p_threshold, p_action, p_relative_threshold, p_max_corrections);
    PERFORM pgcache.hold_declaration(p_cache);
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

-- Reads the drift of the next keys of a pass, in key order, in a snapshot of their own; each is read whole, so that it does not matter what
-- is written between two ranges. How far it came is kept, for a pass that is killed; with the last range it is decided what becomes of what was
-- found. The query of a deferred cache is asked for all keys at once. Locks as told in hold_declaration and judge.
CREATE OR REPLACE FUNCTION pgcache.reconcile_range(p_run bigint, p_cache text, p_limit bigint)
    RETURNS TABLE (checked bigint, more boolean)
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_cache pgcache.cache := pgcache.hold_declaration(p_cache);
    v_run pgcache.run;
    v_last bigint;
    v_keys bigint;
    v_upto jsonb;
    v_drifted bigint;
BEGIN
    SELECT r.* INTO v_run FROM pgcache.run AS r WHERE r.id = p_run AND r.cache = p_cache;
    IF v_cache.mode = 'deferred' THEN
        v_keys := pgcache.count_keys(p_cache);
        EXECUTE format('INSERT INTO pgcache.found SELECT $1, f.* FROM pgcache.%I() AS f', p_cache || '_compare') USING p_cache;
    ELSE
        EXECUTE format('SELECT n.keys, n.upto FROM pgcache.%I($1, $2) AS n', p_cache || '_next')
           INTO v_keys, v_upto
          USING v_run.read_upto, p_limit;
        -- The last range has no upper end: a table that pgcache keeps may lack rows beyond its last one.
        v_upto := CASE WHEN v_keys = p_limit THEN v_upto END;
        SELECT coalesce(max(f.ordinal), 0) INTO v_last FROM pgcache.found AS f WHERE f.cache = p_cache;
        EXECUTE format('INSERT INTO pgcache.found SELECT $1, $2 + f.ordinal, f.key, f.cached, f.computed FROM pgcache.%I($3, $4) AS f',
                       p_cache || '_compare_range')
          USING p_cache, v_last, v_run.read_upto, v_upto;
    END IF;
    GET DIAGNOSTICS v_drifted = ROW_COUNT;
    UPDATE pgcache.run AS r
       SET checked = r.checked + v_keys, drifted = r.drifted + v_drifted, read_upto = v_upto
     WHERE r.id = p_run AND r.cache = p_cache;
    IF v_upto IS NULL THEN
        PERFORM pgcache.judge(p_run, p_cache);
    END IF;
    RETURN QUERY SELECT v_run.checked + v_keys, v_upto IS NOT NULL;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.reconcile_range(bigint, text, bigint) IS
    'Reads the drift of the next keys of a pass; returns how many keys it has checked so far, and whether there are more.';
REVOKE ALL ON FUNCTION pgcache.reconcile_range(bigint, text, bigint) FROM PUBLIC;

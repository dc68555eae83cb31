-- Reads the drift of some keys for a pass, in one snapshot. Locks as told in hold_declaration, and the row of its run.
CREATE OR REPLACE FUNCTION pgcache.reconcile_keys(p_run bigint, p_cache text, p_keys jsonb[])
    RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_last bigint;
    v_drifted bigint;
    v_checked bigint;
BEGIN
    PERFORM pgcache.hold_declaration(p_cache);
    SELECT coalesce(max(f.ordinal), 0) INTO v_last FROM pgcache.found AS f WHERE f.cache = p_cache;
    EXECUTE format('INSERT INTO pgcache.found SELECT $1, $2 + f.ordinal, f.key, f.cached, f.computed FROM pgcache.%I($3) AS f',
                   p_cache || '_compare_keys')
      USING p_cache, v_last, p_keys;
    GET DIAGNOSTICS v_drifted = ROW_COUNT;
    UPDATE pgcache.drift AS d
       SET status = 'vanished', resolved_at = clock_timestamp(), resolved_by = session_user
     WHERE d.cache = p_cache AND d.key = ANY (p_keys) AND d.resolved_at IS NULL
       AND NOT EXISTS (SELECT FROM pgcache.found AS f WHERE f.cache = p_cache AND f.ordinal > v_last AND f.key = d.key);
    UPDATE pgcache.run AS r
       SET checked = r.checked + cardinality(p_keys), drifted = r.drifted + v_drifted
     WHERE r.id = p_run AND r.cache = p_cache
    RETURNING r.checked INTO v_checked;
    RETURN v_checked;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.reconcile_keys(bigint, text, jsonb[]) IS
    'Reads the drift of some keys for a pass, and returns how many it has checked so far.';
REVOKE ALL ON FUNCTION pgcache.reconcile_keys(bigint, text, jsonb[]) FROM PUBLIC;

-- Reads only. Locks as told in hold_declaration, which a STABLE function may not. Works on a standby.
CREATE OR REPLACE FUNCTION pgcache.count_pending(p_cache text) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache := pgcache.hold_declaration(p_cache);
    v_pending text;
    v_count bigint;
    v_total bigint := 0::bigint;
BEGIN
    FOREACH v_pending IN ARRAY v_cache.pending LOOP
        EXECUTE format('SELECT count(*) FROM pgcache.%I', p_cache || v_pending) INTO v_count;
        v_total := v_total + v_count;
    END LOOP;
    RETURN v_total;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.count_pending(text) IS 'How many deltas of a cache wait for their target row.';
REVOKE ALL ON FUNCTION pgcache.count_pending(text) FROM PUBLIC;

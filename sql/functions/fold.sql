-- Lock order: (1) the target table, as told in hold_target; (2) target rows that are free, FOR NO KEY UPDATE, until the transaction ends;
-- it waits for none of them. With a limit, which counts keys, it can be called in small transactions, as the command line does, until
-- it returns 0.
CREATE OR REPLACE FUNCTION pgcache.fold(p_cache text, p_limit bigint DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache;
    v_pending text;
    v_folded bigint;
    v_total bigint := 0::bigint;
BEGIN
    PERFORM pgcache.require_read_committed(format('fold of cache "%s"', p_cache));
    v_cache := pgcache.hold_target(p_cache);
    FOREACH v_pending IN ARRAY v_cache.pending LOOP
        EXECUTE format('SELECT pgcache.%I($1, false)', p_cache || replace(v_pending, 'pending', 'fold')) INTO v_folded USING p_limit;
        v_total := v_total + v_folded;
    END LOOP;
    RETURN v_total;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.fold(text, bigint) IS
    'Folds what is pending for a cache into the target rows that nobody holds, and returns how many deltas that were.';
REVOKE ALL ON FUNCTION pgcache.fold(text, bigint) FROM PUBLIC;

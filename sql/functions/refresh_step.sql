-- One batch of a refresh, which consumes its marks in the transaction that stores the figures. Lock order:
-- (1) one refresh of the cache at a time, until the transaction ends; (2) the target table, as told in hold_target; (3) the target rows, in
-- ascending key order.
CREATE OR REPLACE FUNCTION pgcache.refresh_step(p_run bigint, p_cache text, p_limit integer) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache;
    v_marks bigint;
    v_refreshed bigint;
    v_failed bigint;
BEGIN
    PERFORM pgcache.lock_refresh(p_cache);
    v_cache := pgcache.hold_target(p_cache);
    IF v_cache.mode = 'deferred' THEN
        EXECUTE format('SELECT r.marks, r.refreshed, r.failed FROM pgcache.%I($1) AS r', p_cache || '_refresh')
           INTO v_marks, v_refreshed, v_failed
          USING p_limit;
    ELSE
        SELECT r.marks, r.refreshed, r.failed INTO v_marks, v_refreshed, v_failed FROM pgcache.recompute_marked(p_cache, p_limit) AS r;
    END IF;
    UPDATE pgcache.run AS r
       SET checked = r.checked + v_refreshed, failed = r.failed + v_failed
     WHERE r.id = p_run AND r.cache = p_cache;
    RETURN v_marks;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.refresh_step(bigint, text, integer) IS
    'Computes the keys of the next marks of a cache, and returns how many marks it took; 0 when there are none left.';
REVOKE ALL ON FUNCTION pgcache.refresh_step(bigint, text, integer) FROM PUBLIC;

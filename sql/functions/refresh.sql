-- A whole refresh in the calling transaction: its target rows stay locked until that ends, and so does every other refresh of the cache.
-- The command pgcache refresh does the same in small transactions. Locks as told in refresh_begin and refresh_step.
CREATE OR REPLACE FUNCTION pgcache.refresh(p_cache text) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_run bigint := nextval('pgcache.run_id');
    v_left bigint := pgcache.refresh_begin(v_run, p_cache, 'refresh');
    v_taken bigint;
BEGIN
    WHILE v_left > 0 LOOP
        v_taken := pgcache.refresh_step(v_run, p_cache, 10000);
        EXIT WHEN v_taken = 0;
        v_left := v_left - v_taken;
    END LOOP;
    RETURN (SELECT r.refreshed FROM pgcache.refresh_end(v_run, p_cache) AS r);
END
$pgcache$;
COMMENT ON FUNCTION pgcache.refresh(text) IS
    'Computes the keys of a cache that are marked or due, and returns how many there were; what fails stays marked, see pgcache.failures.';
REVOKE ALL ON FUNCTION pgcache.refresh(text) FROM PUBLIC;

-- Locks: one refresh of a cache at a time (an advisory lock until the transaction ends), then the target rows of the marked
-- keys. Marks are deleted before their keys are recomputed: a mark that comes later is not seen, and stays.
CREATE OR REPLACE FUNCTION pgcache.refresh(p_cache text) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_key jsonb;
    v_count bigint := 0::bigint;
BEGIN
    PERFORM pgcache.find_cache(p_cache);
    PERFORM pg_advisory_xact_lock(hashtext('pgcache refresh ' || p_cache), 0);
    FOR v_key IN
        WITH seen AS (DELETE FROM pgcache.dirty AS d WHERE d.cache = p_cache RETURNING d.key)
        SELECT DISTINCT s.key FROM seen AS s ORDER BY s.key
    LOOP
        BEGIN
            EXECUTE format('SELECT pgcache.%I($1)', p_cache || '_recompute') USING v_key;
            v_count := v_count + 1;
        EXCEPTION WHEN SQLSTATE 'PC003' THEN
            NULL; -- the target row is gone, and the mark with it
        END;
    END LOOP;
    RETURN v_count;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.refresh(text) IS 'Recomputes the keys of a cache that are marked dirty, and returns how many there were.';
REVOKE ALL ON FUNCTION pgcache.refresh(text) FROM PUBLIC;

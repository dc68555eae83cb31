-- Reads only; locks nothing.
CREATE OR REPLACE FUNCTION pgcache.count_keys(p_cache text) RETURNS bigint
    LANGUAGE plpgsql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache := pgcache.find_cache(p_cache);
    v_count bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %s', v_cache.target::regclass) INTO v_count;
    RETURN v_count;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.count_keys(text) IS 'How many keys a cache has.';
REVOKE ALL ON FUNCTION pgcache.count_keys(text) FROM PUBLIC;

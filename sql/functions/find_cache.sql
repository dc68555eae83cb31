-- Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.find_cache(p_cache text) RETURNS pgcache.cache
    LANGUAGE plpgsql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache;
BEGIN
    SELECT c.* INTO v_cache FROM pgcache.cache AS c WHERE c.name = p_cache;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no cache is named "%"', p_cache
            USING ERRCODE = 'PC001',
                  DETAIL = format('Installed: %s.', coalesce((SELECT string_agg(c.name, ', ' ORDER BY c.name) FROM pgcache.cache AS c), 'none')),
                  HINT = 'Run pgcache status for the installed caches, or pgcache migrate to install the declared ones.';
    END IF;
    RETURN v_cache;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.find_cache(text) IS 'An installed cache by its name; PC001 where there is none.';
REVOKE ALL ON FUNCTION pgcache.find_cache(text) FROM PUBLIC;

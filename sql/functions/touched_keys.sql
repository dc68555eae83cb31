-- Locks nothing; works on a standby.
CREATE OR REPLACE FUNCTION pgcache.touched_keys(p_cache text, p_since interval) RETURNS SETOF jsonb
    LANGUAGE plpgsql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache := pgcache.find_cache(p_cache);
BEGIN
    IF to_regprocedure(format('pgcache.%I(timestamptz)', p_cache || '_touched')) IS NULL THEN
        RAISE EXCEPTION 'cache "%" cannot tell which keys were touched', v_cache.name
            USING ERRCODE = 'PC009',
                  DETAIL = 'Not each of its sources declares when its rows were written.',
                  HINT = 'Add touched = "updated_at", with a column of yours, to each of its sources and run pgcache migrate; or use --sample.';
    END IF;
    RETURN QUERY EXECUTE format('SELECT t.key FROM pgcache.%I(clock_timestamp() - $1) AS t(key)', p_cache || '_touched') USING p_since;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.touched_keys(text, interval) IS
    'The keys of a cache whose source rows were written lately, as these rows tell it; PC009 where its sources do not.';
REVOKE ALL ON FUNCTION pgcache.touched_keys(text, interval) FROM PUBLIC;

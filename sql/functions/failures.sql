-- Locks nothing. Works on a standby.
CREATE OR REPLACE FUNCTION pgcache.failures(p_cache text) RETURNS TABLE (key jsonb, marked_at timestamptz, error text)
    LANGUAGE plpgsql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
BEGIN
    IF (SELECT c.mode FROM pgcache.find_cache(p_cache) AS c) = 'deferred' THEN
        RETURN QUERY EXECUTE format('SELECT f.key, f.marked_at, f.error FROM pgcache.%I() AS f', p_cache || '_failures');
    ELSE
        RETURN QUERY
        SELECT d.key, d.marked_at, d.error FROM pgcache.dirty AS d WHERE d.cache = p_cache AND d.error IS NOT NULL ORDER BY d.marked_at;
    END IF;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.failures(text) IS 'The keys of a cache at which the last refresh failed, since when they are marked, and why.';
REVOKE ALL ON FUNCTION pgcache.failures(text) FROM PUBLIC;

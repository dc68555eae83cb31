-- What a cache has to catch up with: marked keys, and rows whose time has come. Locks nothing. Works on a standby.
CREATE OR REPLACE FUNCTION pgcache.staleness(p_cache text) RETURNS TABLE (dirty bigint, oldest timestamptz, failed bigint)
    LANGUAGE plpgsql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
BEGIN
    IF (SELECT c.mode FROM pgcache.find_cache(p_cache) AS c) = 'deferred' THEN
        EXECUTE format('SELECT s.dirty, s.oldest, s.failed FROM pgcache.%I() AS s', p_cache || '_staleness') INTO dirty, oldest, failed;
    ELSE
        SELECT count(*), min(d.marked_at), count(d.error) INTO dirty, oldest, failed FROM pgcache.dirty AS d WHERE d.cache = p_cache;
    END IF;
    RETURN NEXT;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.staleness(text) IS 'How many keys of a cache a refresh would compute, since when the oldest waits, and how many failed.';
REVOKE ALL ON FUNCTION pgcache.staleness(text) FROM PUBLIC;

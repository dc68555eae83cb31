-- Ends the reading of keys that were named one by one. Locks as told in judge.
CREATE OR REPLACE FUNCTION pgcache.reconcile_judge(p_run bigint, p_cache text, p_all_keys boolean) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
BEGIN
    IF p_all_keys THEN
        UPDATE pgcache.run AS r SET checked = pgcache.count_keys(p_cache) WHERE r.id = p_run AND r.cache = p_cache;
    END IF;
    PERFORM pgcache.judge(p_run, p_cache);
END
$pgcache$;
COMMENT ON FUNCTION pgcache.reconcile_judge(bigint, text, boolean) IS
    'Logs what a pass found among the keys that it was given, and decides what becomes of it; they may stand for all keys of the cache.';
REVOKE ALL ON FUNCTION pgcache.reconcile_judge(bigint, text, boolean) FROM PUBLIC;

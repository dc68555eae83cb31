-- Called first by whatever computes or corrects keys. Lock order: (1) of a deferred cache, its refresh, which all of them need: whoever waits
-- for that shall not keep a migration waiting too; (2) the target table, ROW EXCLUSIVE, as the updates that follow will: a migration that
-- has it is waited for, and the cache looked up after that, since it may have left other functions and another mode.
CREATE OR REPLACE FUNCTION pgcache.hold_target(p_cache text) RETURNS pgcache.cache
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache := pgcache.find_cache(p_cache);
BEGIN
    IF v_cache.mode = 'deferred' THEN
        PERFORM pgcache.lock_refresh(p_cache);
    END IF;
    EXECUTE format('LOCK TABLE %s IN ROW EXCLUSIVE MODE', v_cache.target::regclass);
    RETURN pgcache.find_cache(p_cache);
END
$pgcache$;
COMMENT ON FUNCTION pgcache.hold_target(text) IS
    'An installed cache by its name, which no migration changes until the transaction ends; PC001 where there is none.';
REVOKE ALL ON FUNCTION pgcache.hold_target(text) FROM PUBLIC;

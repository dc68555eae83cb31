-- Refreshes of one cache take turns: whoever computes and stores its keys holds this from before it takes its snapshot until it commits,
-- so that nobody stores older figures over newer ones. At REPEATABLE READ and above the snapshot is older than the lock: refused.
-- Locks: an advisory lock of the cache, until the transaction ends. Writers of the sources never take it.
CREATE OR REPLACE FUNCTION pgcache.lock_refresh(p_cache text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
BEGIN
    PERFORM pgcache.require_read_committed(format('A refresh of cache "%s"', p_cache));
    PERFORM pg_advisory_xact_lock(hashtext('pgcache refresh ' || p_cache), 0);
END
$pgcache$;
COMMENT ON FUNCTION pgcache.lock_refresh(text) IS 'Waits for its turn to refresh a cache, and keeps others waiting until the transaction ends.';
REVOKE ALL ON FUNCTION pgcache.lock_refresh(text) FROM PUBLIC;

-- Called under the target row's lock: repairs of one key exclude each other by it, and every repair is logged in its own
-- transaction, so none can be missed. Locks nothing itself.
-- Transactions beyond the current snapshot's end are left out: they came with a dump from another server.
CREATE OR REPLACE FUNCTION pgcache.repaired_since(p_cache text, p_key jsonb, p_snapshot pg_snapshot)
    RETURNS boolean
    LANGUAGE sql
    VOLATILE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT EXISTS (
        SELECT
          FROM (SELECT d.corrected_in AS xid FROM pgcache.drift AS d WHERE d.cache = p_cache AND d.key = p_key
                UNION ALL
                SELECT c.resynced_in FROM pgcache.cache AS c WHERE c.name = p_cache) AS repair
         WHERE repair.xid < pg_snapshot_xmax(pg_current_snapshot())
           AND NOT pg_visible_in_snapshot(repair.xid, p_snapshot))
$pgcache$;
COMMENT ON FUNCTION pgcache.repaired_since(text, jsonb, pg_snapshot) IS
    'Whether a key was repaired by another transaction after the snapshot in which its drift was read.';
REVOKE ALL ON FUNCTION pgcache.repaired_since(text, jsonb, pg_snapshot) FROM PUBLIC;

-- Called under the target row's lock: repairs of one key exclude each other by it, and every repair is logged in its own
-- transaction, so none can be missed. Locks nothing itself.
-- A null snapshot tells that there was none since. Transactions beyond the current snapshot's end are left out: they came with a dump from another server.
CREATE OR REPLACE FUNCTION pgcache.repaired_since(p_cache text, p_key jsonb, p_snapshot pg_snapshot)
    RETURNS boolean
    LANGUAGE sql
    VOLATILE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT EXISTS (
        SELECT
          FROM pgcache.repair AS r
         WHERE r.cache = p_cache
           AND (r.key = p_key OR r.key IS NULL)
           AND r.repaired_in < pg_snapshot_xmax(pg_current_snapshot())
           AND NOT pg_visible_in_snapshot(r.repaired_in, p_snapshot))
$pgcache$;
COMMENT ON FUNCTION pgcache.repaired_since(text, jsonb, pg_snapshot) IS
    'Whether a key was repaired by another transaction after the snapshot in which its drift was read.';
REVOKE ALL ON FUNCTION pgcache.repaired_since(text, jsonb, pg_snapshot) FROM PUBLIC;

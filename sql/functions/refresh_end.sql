-- The last step of a refresh. A refresh that runs every few seconds must not fill the log of runs: those older than a month go.
-- Locks its own rows of pgcache.run and pgcache.cache only.
CREATE OR REPLACE FUNCTION pgcache.refresh_end(p_run bigint, p_cache text)
    RETURNS TABLE (refreshed bigint, failed bigint, dirty bigint, oldest_mark interval)
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_kind text;
BEGIN
    UPDATE pgcache.run AS r
       SET finished_at = clock_timestamp()
     WHERE r.id = p_run AND r.cache = p_cache
    RETURNING r.kind, r.checked, r.failed INTO v_kind, refreshed, failed;
    IF v_kind = 'backfill' THEN
        UPDATE pgcache.cache AS c SET backfilled_at = clock_timestamp(), mended = NULL WHERE c.name = p_cache;
    ELSIF v_kind = 'refresh' THEN
        DELETE FROM pgcache.run AS r
         WHERE r.cache = p_cache AND r.kind = 'refresh' AND r.started_at < clock_timestamp() - interval '1 month';
    END IF;
    refreshed := coalesce(refreshed, 0);
    failed := coalesce(failed, 0);
    SELECT s.dirty, clock_timestamp() - s.oldest INTO dirty, oldest_mark FROM pgcache.staleness(p_cache) AS s;
    RETURN NEXT;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.refresh_end(bigint, text) IS 'Ends a refresh, and tells what it did and what is stale after it.';
REVOKE ALL ON FUNCTION pgcache.refresh_end(bigint, text) FROM PUBLIC;

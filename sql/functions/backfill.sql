-- Fills a cache that was just installed, in one transaction; pgcache migrate does the same in small ones.
-- Locks as told in reconcile_begin and reconcile_step; of a deferred cache as in refresh_begin and refresh_step.
CREATE OR REPLACE FUNCTION pgcache.backfill(p_cache text) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_run bigint := nextval('pgcache.run_id');
    v_corrected bigint;
BEGIN
    IF (SELECT c.mode FROM pgcache.find_cache(p_cache) AS c) = 'deferred' THEN
        PERFORM pgcache.refresh_begin(v_run, p_cache, 'backfill');
        WHILE pgcache.refresh_step(v_run, p_cache, 10000) > 0 LOOP
        END LOOP;
        RETURN (SELECT r.refreshed FROM pgcache.refresh_end(v_run, p_cache) AS r);
    END IF;
    PERFORM pgcache.refresh(p_cache);
    PERFORM pgcache.reconcile_begin(v_run, p_cache, 'backfill', NULL, 'correct');
    WHILE pgcache.reconcile_step(v_run, p_cache, 10000) > 0 LOOP
    END LOOP;
    SELECT r.corrected INTO v_corrected FROM pgcache.reconcile_end(v_run, p_cache) AS r;
    RETURN v_corrected;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.backfill(text) IS
    'Makes every key of a newly installed cache exact, without logging each as a drift; returns how many changed.';
REVOKE ALL ON FUNCTION pgcache.backfill(text) FROM PUBLIC;

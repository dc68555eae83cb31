-- The last step of a pass. Locks its own rows of pgcache.run and pgcache.cache only.
CREATE OR REPLACE FUNCTION pgcache.reconcile_end(p_run bigint, p_cache text) RETURNS SETOF pgcache.run
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_run pgcache.run;
BEGIN
    DELETE FROM pgcache.found AS f WHERE f.cache = p_cache;
    UPDATE pgcache.cache AS c
       SET backfilled_at = clock_timestamp(), mended = NULL
      FROM pgcache.run AS r
     WHERE r.id = p_run AND r.cache = p_cache AND r.kind = 'backfill' AND c.name = p_cache;
    UPDATE pgcache.run AS r
       SET finished_at = clock_timestamp()
     WHERE r.id = p_run AND r.cache = p_cache
    RETURNING r.* INTO v_run;
    PERFORM pgcache.raise_alarm(v_run);
    RETURN QUERY SELECT v_run.*;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.reconcile_end(bigint, text) IS 'Ends a pass and returns its figures.';
REVOKE ALL ON FUNCTION pgcache.reconcile_end(bigint, text) FROM PUBLIC;

-- Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.find_open_drift(p_id bigint) RETURNS pgcache.drift
    LANGUAGE plpgsql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_drift pgcache.drift;
BEGIN
    SELECT d.* INTO v_drift FROM pgcache.drift AS d WHERE d.id = p_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no drift has the id %', p_id
            USING ERRCODE = 'PC007',
                  DETAIL = 'What was closed long ago may have been purged.',
                  HINT = 'Run pgcache drift list for the drifts that there are.';
    ELSIF v_drift.resolved_at IS NOT NULL THEN
        RAISE EXCEPTION 'drift % is closed: %', p_id, v_drift.status
            USING ERRCODE = 'PC008',
                  DETAIL = format('Key %s of cache "%s", by %s at %s.', v_drift.key, v_drift.cache, v_drift.resolved_by, v_drift.resolved_at),
                  HINT = 'Run pgcache drift list for the drifts that are open.';
    END IF;
    RETURN v_drift;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.find_open_drift(bigint) IS 'A drift that still waits for something; PC007 where there is none, PC008 where it is closed.';
REVOKE ALL ON FUNCTION pgcache.find_open_drift(bigint) FROM PUBLIC;

-- Corrects what the key is off by now, not what it was off by when the drift was found: it is recomputed under its lock. Lock order:
-- (1) the target table, as told in hold_target; (2) the target row (FOR NO KEY UPDATE, taken by the cache's own function); (3) the open
-- drifts of its key. Whoever else approves the same waits, and finds it done.
CREATE OR REPLACE FUNCTION pgcache.approve(p_id bigint) RETURNS SETOF pgcache.drift
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_drift pgcache.drift := pgcache.find_open_drift(p_id);
BEGIN
    PERFORM pgcache.hold_target(v_drift.cache);
    BEGIN
        EXECUTE format('SELECT pgcache.%I($1)', v_drift.cache || '_recompute') USING v_drift.key;
    EXCEPTION WHEN SQLSTATE 'PC003' THEN
        NULL; -- the target row is gone, and the drift with it
    END;
    -- What the recompute has not closed was there no more.
    UPDATE pgcache.drift AS d
       SET status = 'vanished', resolved_at = clock_timestamp(), resolved_by = session_user
     WHERE d.cache = v_drift.cache AND d.key = v_drift.key AND d.resolved_at IS NULL;
    RETURN QUERY
    UPDATE pgcache.drift AS d
       SET decision = 'approved', decided_at = clock_timestamp(), decided_by = session_user
     WHERE d.id = p_id
    RETURNING d.*;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.approve(bigint) IS
    'Makes the key of a drift exact, all of its measures, and keeps who approved it; returns the drift as it was corrected.';
REVOKE ALL ON FUNCTION pgcache.approve(bigint) FROM PUBLIC;

-- Changes no cached value. The drift stays open, since it is there; but as long as a pass finds the same one it raises no alarm, and waits
-- for nobody. Locks: the drift alone.
CREATE OR REPLACE FUNCTION pgcache.reject(p_id bigint) RETURNS SETOF pgcache.drift
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
BEGIN
    PERFORM FROM pgcache.drift AS d WHERE d.id = p_id FOR UPDATE;
    PERFORM pgcache.find_open_drift(p_id);
    RETURN QUERY
    UPDATE pgcache.drift AS d
       SET status = 'rejected', decision = 'rejected', decided_at = clock_timestamp(), decided_by = session_user
     WHERE d.id = p_id
    RETURNING d.*;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.reject(bigint) IS
    'Leaves a drift as it is, and keeps who decided so; another drift of the key, or a reconcile that corrects, ends it.';
REVOKE ALL ON FUNCTION pgcache.reject(bigint) FROM PUBLIC;

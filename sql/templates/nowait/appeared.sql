-- A row of the target that appeared under a key, once it is stored: deltas for the key may be pending already, and what another
-- transaction did to the key while this one waited for it was not seen when the row was computed. Makes it exact.
-- Locks: the cache's lock table in ROW EXCLUSIVE mode, as every appearing row does: it waits for a fold that forgets what is pending for
-- missing rows, and keeps the next one away. The row itself is the caller's already.
CREATE OR REPLACE FUNCTION __function__() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
BEGIN
    LOCK TABLE __appearing_lock__ IN ROW EXCLUSIVE MODE;
    PERFORM pgcache.meets_other(__setting__, 't', false);
    PERFORM __recompute__(__new_key__, false);
    -- Within an update of pgcache's own, by a user's trigger: what is yet to be added may be in the sums already. The statement computes
    -- its keys once more then; but in the apply worker of logical replication there is none that could be noted as open.
    IF current_setting('pgcache.maintaining', true) <> '' AND current_setting('session_replication_role') = 'replica' THEN
        INSERT INTO pgcache.dirty (cache, key) VALUES (__cache__, __new_key__);
    END IF;
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

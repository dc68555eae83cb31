-- Taken by whoever changes a mapping, before the sources are read: the counterpart of share_slots.
-- Lock order: slots in ascending order, and only then target rows in key order.
-- The advisory lock waits for every writer that uses the old mapping; the update of the slot's row makes a writer
-- whose snapshot is older fail with 40001. A snapshot from before the cache was installed has no such row to update: that fails too.
CREATE OR REPLACE FUNCTION pgcache.claim_slots(p_cache text, p_slots integer[]) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_slot integer;
BEGIN
    FOR v_slot IN SELECT DISTINCT u.slot FROM unnest(p_slots) AS u(slot) ORDER BY u.slot LOOP
        PERFORM pg_advisory_xact_lock(hashtext('pgcache slot ' || p_cache), v_slot);
        UPDATE pgcache.slot AS s SET changes = s.changes + 1 WHERE s.cache = p_cache AND s.slot = v_slot;
        IF NOT FOUND THEN
            PERFORM pgcache.raise_old_snapshot(p_cache);
        END IF;
    END LOOP;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.claim_slots(text, integer[]) IS
    'Waits for the writers that use the mappings of these slots, and keeps new ones waiting until the transaction ends.';
REVOKE ALL ON FUNCTION pgcache.claim_slots(text, integer[]) FROM PUBLIC;

-- Taken by a writer of a source before it reads the mapping. Lock order: slots in ascending order, and only then
-- target rows in key order; mappers do the same, so neither waits for the other in a circle.
-- Shared, so that writers never wait for each other: only for a mapper of the same slot, and it for them.
-- At REPEATABLE READ and above the snapshot may be older than the lock: reading the slot's row FOR SHARE raises 40001
-- where a mapper changed it since, instead of letting the writer use the old mapping. A snapshot from before the
-- cache was installed has no such rows, so that it could not tell.
CREATE OR REPLACE FUNCTION pgcache.share_slots(p_cache text, p_slots integer[]) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_slot integer;
    v_found bigint;
BEGIN
    FOR v_slot IN SELECT DISTINCT u.slot FROM unnest(p_slots) AS u(slot) ORDER BY u.slot LOOP
        PERFORM pg_advisory_xact_lock_shared(hashtext('pgcache slot ' || p_cache), v_slot);
    END LOOP;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM FROM pgcache.slot AS s
          WHERE s.cache = p_cache AND s.slot = ANY (p_slots)
          ORDER BY s.slot
            FOR SHARE;
        GET DIAGNOSTICS v_found = ROW_COUNT;
        IF v_found < (SELECT count(DISTINCT u.slot) FROM unnest(p_slots) AS u(slot)) THEN
            PERFORM pgcache.raise_old_snapshot(p_cache);
        END IF;
    END IF;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.share_slots(text, integer[]) IS
    'Keeps the mappings of these slots as they are until the transaction ends.';
REVOKE ALL ON FUNCTION pgcache.share_slots(text, integer[]) FROM PUBLIC;

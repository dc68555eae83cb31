-- Folds what is pending for keys into their target rows, up to a number of keys; returns how many deltas that were. What is pending for
-- a key that has no row is forgotten: a row that appears under it is computed.
-- Locks, none of which is waited for unless p_waits: the target rows, FOR NO KEY UPDATE, before what is pending for them is read; where a
-- row is missing that no foreign key promises, the cache's lock table in SHARE mode, which keeps rows from appearing meanwhile. They
-- are held until the transaction ends; writers append instead. A key that cannot be folded is reported, and stays pending.
CREATE OR REPLACE FUNCTION __function__(p_limit bigint, p_waits boolean) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off -- a plan may have been made while nothing was pending, and last
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_key record;
    v_delta record;
    v_keys bigint := 0::bigint;
    v_folded bigint := 0::bigint;
    v_outer text := coalesce(current_setting('pgcache.maintaining', true), '');
BEGIN
    PERFORM set_config('pgcache.maintaining', pg_trigger_depth()::text, true);
    FOR v_key IN
        SELECT DISTINCT __pending_keys__ FROM __pending__ AS p ORDER BY __keys__
    LOOP
        EXIT WHEN v_keys >= p_limit;
        BEGIN
            IF p_waits THEN
                PERFORM __await_row__;
                PERFORM FROM __target__ AS t WHERE __match_key__ FOR NO KEY UPDATE;
            END IF;
            PERFORM FROM __target__ AS t WHERE __match_key__ FOR NO KEY UPDATE SKIP LOCKED;
            PERFORM __make_row__;
            PERFORM __forget_missing__;
            WITH folded AS (DELETE FROM __pending__ AS p WHERE __match_pending__ RETURNING __pending_values__)
            SELECT count(*) AS deltas, __pending_sums__ INTO v_delta FROM folded AS p;
            IF __delta_changed__ THEN
                UPDATE __target__ AS t
                   SET (__measures__) = ROW(__adjusted__)
                 WHERE __match_key__;
            END IF;
            v_keys := v_keys + 1;
            v_folded := v_folded + v_delta.deltas;
        EXCEPTION
            WHEN lock_not_available THEN
                -- Rows are appearing: the next fold will see which
                IF p_waits THEN
                    RAISE;
                END IF;
            WHEN data_exception OR integrity_constraint_violation OR raise_exception THEN
                PERFORM pgcache.warn_pending(__cache__, __key_json__, SQLERRM);
        END;
    END LOOP;
    PERFORM set_config('pgcache.maintaining', v_outer, true);
    RETURN v_folded;
END
$pgcache$;
COMMENT ON FUNCTION __function__(bigint, boolean) IS __comment__;
REVOKE ALL ON FUNCTION __function__(bigint, boolean) FROM PUBLIC;

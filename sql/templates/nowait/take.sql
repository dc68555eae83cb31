-- Applies amounts, and what is pending under the same mapping value, to every target row behind it: all of them or none. Returns how
-- many pending deltas that were; null where something is held by somebody else, and nothing was applied.
-- Locks, none of which is waited for unless p_waits: (1) the slot of the mapping value, shared, so that its mapping stays as it is;
-- (2) in a fresh statement the target rows behind it, FOR NO KEY UPDATE, before their periods are read. Pending deltas are deleted by
-- the holder of all these rows alone, after the locks, in a fresh statement. Where there is no row at all, they are left to whoever
-- keeps rows from appearing (p_alone): two writers would wait for each other's deletes.
CREATE OR REPLACE FUNCTION __function__(__parameters__ record, p_alone boolean, p_waits boolean) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off -- a plan may have been made while nothing was pending, and last
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_key record;
    v_target record;
    v_delta record;
    v_outer text := coalesce(current_setting('pgcache.maintaining', true), '');
    __variables__ record;
BEGIN
    PERFORM __take_slot__;
    FOR v_key IN
        SELECT __mapped_keys__ FROM __mapping__ AS m WHERE __mapped__ ORDER BY __mapped_order__
    LOOP
        IF p_waits THEN
            PERFORM __await_row__;
            PERFORM FROM __target__ AS t WHERE __match_key__ FOR NO KEY UPDATE;
        END IF;
        SELECT __period__ INTO v_target FROM __target__ AS t WHERE __match_key__ FOR NO KEY UPDATE SKIP LOCKED;
        PERFORM __make_row__;
        IF FOUND THEN
            PERFORM __collect__;
        ELSIF NOT __gone__ THEN
            RETURN NULL;
        END IF;
    END LOOP;
    IF v_key_1 = '{}' AND NOT p_alone THEN
        RETURN 0::bigint;
    END IF;

    WITH folded AS (DELETE FROM __pending__ AS p WHERE __match_pending__ AND __still_gone__ RETURNING __folded_rows__)
    SELECT __gathered__
      INTO __gathered_into__
      FROM folded AS r;

    PERFORM set_config('pgcache.maintaining', pg_trigger_depth()::text, true);
    FOR v_key IN
        SELECT k.* FROM unnest(__collected_arrays__) AS k(__keys__, from_1, to_1)
    LOOP
        SELECT __sums__
          INTO v_delta
          FROM (SELECT r.* FROM unnest(__given_arrays__) AS r(within_1, __value_names__)
                 UNION ALL
                SELECT r.* FROM unnest(__gathered_arrays__) AS r(within_1, __value_names__)) AS r
         WHERE within_1 BETWEEN v_key.from_1 AND v_key.to_1;
        IF __delta_changed__ THEN
            UPDATE __target__ AS t
               SET (__measures__) = ROW(__adjusted__)
             WHERE __match_key__;
        END IF;
    END LOOP;
    PERFORM set_config('pgcache.maintaining', v_outer, true);
    RETURN coalesce(cardinality(v_within_1), 0)::bigint;
END
$pgcache$;
COMMENT ON FUNCTION __function__(__types__, boolean, boolean) IS __comment__;
REVOKE ALL ON FUNCTION __function__(__types__, boolean, boolean) FROM PUBLIC;

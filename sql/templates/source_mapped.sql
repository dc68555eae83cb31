-- A statement on a source whose key comes through a mapping, or counts within a period of the target row.
-- Lock order: (1) the slots of the mapping values that the statement touched, shared and ascending, so that no mapping changes between
-- reading it and the end of the transaction; (2) the target rows that the mapping names, FOR NO KEY UPDATE in ascending key order,
-- each before its period is read: whoever moves a period holds that row. The transition tables are never joined to a
-- user's table: they are summed first, and the mapping is looked up by equality.
CREATE OR REPLACE FUNCTION __function__() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_key record;
    v_target record;
    v_row record;
    v_delta record;
    v_mixed_since boolean;
    __variables__ record;
BEGIN
    PERFORM __skip_unread__;
    PERFORM __gather__;
    IF NOT coalesce(__several__ OR v_mixed OR __not_finite__ OR __maintaining__, false) THEN
        IF __delta_changed__ THEN
            PERFORM __adjust_one__;
        END IF;
    ELSE
        -- What the statement changed, by mapping value and position in time
        SELECT __gathered__
          INTO __gathered_into__
          FROM (SELECT __ons__, within_1, __sums__
                  FROM __rows__ AS r
                 WHERE __ons_present__
                 GROUP BY __ons__, within_1
                HAVING __changed__ OR v_mixed) AS r;
        PERFORM __maintain__;

        PERFORM __share_slots__;

        -- A new statement, so that it sees the mapping as it is under the locks
        FOR v_row IN
            SELECT r.* FROM unnest(__gathered_arrays__) AS r(__ons__, within_1, __value_names__)
        LOOP
            FOR v_key IN
                SELECT __mapped_keys__ FROM __mapping__ AS m WHERE __mapped__
            LOOP
                PERFORM __collect__;
            END LOOP;
        END LOOP;

        FOR v_key IN
            SELECT __keys__, array_agg(within_1) AS within_1, __value_lists__
              FROM unnest(__collected_arrays__) AS r(__keys__, within_1, __value_names__)
             WHERE __keys_present__
             GROUP BY __keys__
             ORDER BY __keys__
        LOOP
            CONTINUE WHEN v_mixed AND __recompute__(__key_json__, false) IS NOT NULL;
            SELECT __period__ INTO v_target FROM __target__ AS t WHERE __match_key__ FOR NO KEY UPDATE;
            PERFORM __look_again__;
            CONTINUE WHEN NOT FOUND;
            SELECT __sums__
              INTO v_delta
              FROM unnest(__key_arrays__) AS r(within_1, __value_names__)
             WHERE within_1 BETWEEN v_target.from_1 AND v_target.to_1;
            -- What is not finite (NaN, infinity) cannot be taken off again.
            CONTINUE WHEN __not_finite__ AND __recompute__(__key_json__, false) IS NOT NULL;
            IF __delta_changed__ THEN
                UPDATE __target__ AS t
                   SET (__measures__) = ROW(__adjusted__)
                 WHERE __match_key__;
            END IF;
        END LOOP;
        PERFORM __maintained__;
    END IF;
    -- A user's trigger on the target may have changed the mapping or a period meanwhile.
    v_mixed_since := __mixed__;
    IF v_mixed_since AND NOT v_mixed THEN
        FOR v_key IN
            SELECT DISTINCT __keys__
              FROM unnest(__collected_arrays__) AS r(__keys__, within_1, __value_names__)
             WHERE __keys_present__
             ORDER BY __keys__
        LOOP
            PERFORM __recompute__(__key_json__, false);
        END LOOP;
    END IF;
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

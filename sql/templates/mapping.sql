-- A statement on a mapping: moves the amounts of the source rows behind the mapping rows that came or went.
-- Lock order: (1) the slots of their mapping values, alone and ascending: this waits for every writer that used the old mapping and
-- keeps new ones waiting; (2) the target rows, FOR NO KEY UPDATE in ascending key order, each before its period is read; only then,
-- in a fresh statement, is the source read. What REPEATABLE READ and above cannot see is marked dirty.
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
    __variables__ record;
    v_times bigint[];
    v_mixed boolean := __meets__;
    v_mixed_since boolean;
    v_outer text := coalesce(current_setting('pgcache.maintaining', true), '');
BEGIN
    -- The mapping rows that came (counted +1) or went (-1)
    SELECT __gathered__, array_agg(times)
      INTO __gathered_into__, v_times
      FROM (SELECT __ons__, __keys__, sum(times) AS times
              FROM __rows__ AS r
             WHERE __ons_present__ AND __keys_present__
             GROUP BY __ons__, __keys__
            HAVING sum(times) <> 0 OR v_mixed) AS r;
    PERFORM __forget_gone__;
    IF v_times IS NULL THEN
        v_mixed_since := __mixed__;
        RETURN NULL;
    END IF;
    PERFORM set_config('pgcache.maintaining', pg_trigger_depth()::text, true);

    PERFORM __claim_slots__;

    FOR v_key IN
        SELECT __keys__, __on_lists__, array_agg(times) AS times
          FROM unnest(__gathered_arrays__, v_times) AS r(__ons__, __keys__, times)
         GROUP BY __keys__
         ORDER BY __keys__
    LOOP
        PERFORM pgcache.mark_unseen(__cache__, __key_json__);
        CONTINUE WHEN v_mixed AND __recompute__(__key_json__, false) IS NOT NULL;
        SELECT __period__ INTO v_target FROM __target__ AS t WHERE __match_key__ FOR NO KEY UPDATE;
        PERFORM __look_again__;
        CONTINUE WHEN NOT FOUND;
        FOR v_row IN
            SELECT r.* FROM unnest(__key_arrays__) AS r(__ons__, times)
        LOOP
            SELECT __scaled_sums__
              INTO v_delta
              FROM __source__ AS s
             WHERE __match_source__ AND within_1 BETWEEN v_target.from_1 AND v_target.to_1;
            -- What is not finite (NaN, infinity) cannot be taken off again.
            EXIT WHEN __not_finite__ AND __recompute__(__key_json__, false) IS NOT NULL;
            IF __delta_changed__ THEN
                UPDATE __target__ AS t
                   SET (__measures__) = ROW(__adjusted__)
                 WHERE __match_key__;
            END IF;
        END LOOP;
    END LOOP;
    -- A user's trigger on the target may have changed a source meanwhile.
    v_mixed_since := __mixed__;
    IF v_mixed_since AND NOT v_mixed THEN
        FOR v_key IN
            SELECT DISTINCT __keys__ FROM unnest(__gathered_arrays__, v_times) AS r(__ons__, __keys__, times) ORDER BY __keys__
        LOOP
            PERFORM __recompute__(__key_json__, false);
        END LOOP;
    END IF;
    PERFORM set_config('pgcache.maintaining', v_outer, true);
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

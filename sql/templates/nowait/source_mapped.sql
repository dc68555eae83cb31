-- A statement on a source whose key comes through a mapping, or counts within a period of the target row, where no writer waits. What
-- cannot be applied to every target row behind a mapping value is appended under that value, and counts at reading for
-- whatever the mapping and the periods say then: nobody has to hold them still for it.
-- Locks as told in the function that takes the target rows. Above READ COMMITTED it only appends: it neither reads the mapping nor
-- meets a row that is newer than its snapshot. What cannot be added up is recomputed, which does wait.
CREATE OR REPLACE FUNCTION __function__() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_row record;
    v_key record;
    v_takes boolean := current_setting('transaction_isolation') = 'read committed';
    v_mixed boolean := __meets__;
    v_mixed_since boolean;
    v_outer text := coalesce(current_setting('pgcache.maintaining', true), '');
BEGIN
    PERFORM __skip_unread__;
    PERFORM set_config('pgcache.maintaining', pg_trigger_depth()::text, true);
    FOR v_pass IN 1..2 LOOP
        FOR v_row IN
            SELECT __ons__, array_agg(within_1) AS within_1, __value_lists__, bool_and(__finite_values__) AS finite
              FROM (SELECT __ons__, within_1, __sums__
                      FROM __rows__ AS r
                     WHERE __ons_present__
                     GROUP BY __ons__, within_1
                    HAVING __changed__ OR v_mixed) AS r
             GROUP BY __ons__
             ORDER BY __ons__
        LOOP
            -- What is not finite (NaN, infinity) cannot be taken off again.
            IF v_mixed OR (CASE WHEN v_row.finite THEN false ELSE pgcache.note_not_finite() END) THEN
                PERFORM __share_slots__;
                FOR v_key IN
                    SELECT __mapped_keys__ FROM __mapping__ AS m WHERE __mapped__ ORDER BY __mapped_order__
                LOOP
                    PERFORM __recompute__(__key_json__, false);
                END LOOP;
            ELSIF NOT v_takes OR __take__(__row_values__, false, false) IS NULL THEN
                INSERT INTO __pending__ SELECT __pending_rows__ FROM unnest(__row_arrays__) AS r(within_1, __value_names__);
            END IF;
        END LOOP;
        -- Once more, computed this time, where a user's trigger on the target has changed the mapping or a period meanwhile.
        EXIT WHEN v_pass = 2;
        v_mixed_since := __mixed__;
        EXIT WHEN v_mixed OR NOT v_mixed_since;
        v_mixed := true;
    END LOOP;
    PERFORM set_config('pgcache.maintaining', v_outer, true);
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

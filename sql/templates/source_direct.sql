-- A statement on a source that names its key itself: adjusts the target rows by what the statement changed.
-- Locks: the target rows of the keys whose sum changes, by UPDATE (FOR NO KEY UPDATE: a foreign key's FOR KEY SHARE does not stand in
-- its way), one after the other in ascending key order, so that two statements never wait for each other in a circle.
CREATE OR REPLACE FUNCTION __function__() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_delta record;
    v_mixed boolean := __mixed__;
    v_outer text := coalesce(current_setting('pgcache.maintaining', true), '');
BEGIN
    PERFORM set_config('pgcache.maintaining', pg_trigger_depth()::text, true);
    FOR v_delta IN
        SELECT __keys__, __sums__
          FROM __rows__ AS r
         WHERE __keys_present__
         GROUP BY __keys__
        HAVING __changed__ OR v_mixed
         ORDER BY __keys__
    LOOP
        -- What is not finite (NaN, infinity) cannot be taken off again.
        CONTINUE WHEN (v_mixed OR __not_finite__) AND __recompute__(__key_json__, false) IS NOT NULL;
        UPDATE __target__ AS t
           SET (__measures__) = ROW(__adjusted__)
         WHERE __match_delta__;
        PERFORM __look_again__;
    END LOOP;
    PERFORM set_config('pgcache.maintaining', v_outer, true);
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

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
    __variables__ record;
BEGIN
    PERFORM __skip_unread__;
    PERFORM __gather__;
    IF __several__ OR v_mixed OR __not_finite__ OR __maintaining__ THEN
        PERFORM __maintain__;
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
            PERFORM __adjust__;
        END LOOP;
        PERFORM __maintained__;
    ELSIF __delta_changed__ THEN
        PERFORM __adjust_one__;
    END IF;
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

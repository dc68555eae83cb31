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
    __variables__ record;
BEGIN
    PERFORM __gather__;
    LOOP
        PERFORM __next_delta__;
        -- What is not finite (NaN, infinity) cannot be taken off again.
        CONTINUE WHEN (v_mixed OR __not_finite__) AND __recompute__(__key_json__, false) IS NOT NULL;
        UPDATE __target__ AS t
           SET (__measures__) = ROW(__adjusted__)
         WHERE __match_delta__;
        PERFORM __look_again__;
    END LOOP;
    PERFORM __maintained__;
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

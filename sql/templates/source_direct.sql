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
    PERFORM __adjust_statement__;
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

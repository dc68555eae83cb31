-- A statement on a source, or on a table between it and the key: marks what the rows that it changed lead to. It reads nothing
-- but these rows, so that it is right at every isolation level.
-- Appends, and waits for nobody. Locks: now and then some marks of a key, where they are free (see __thin__).
CREATE OR REPLACE FUNCTION __function__() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_mark record;
BEGIN
    PERFORM __skip_unread__;
    -- Most statements change one row.
    INSERT INTO __dirty__ (__columns__) SELECT __columns__ FROM __row_marks__ AS r WHERE (__present__) AND NOT __more__;
    IF NOT FOUND THEN
        PERFORM __mark_each_once__;
    ELSIF __now_and_then__ THEN
        PERFORM __thin__(__found__) FROM __row_marks__ AS r WHERE __present__;
    END IF;
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

-- A statement on a source, or on a table between it and the key: marks what the old and the new rows lead to. It reads nothing but
-- the rows that the statement changed, so that it is right at every isolation level; it only appends, and waits for nobody.
CREATE OR REPLACE FUNCTION __function__() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
BEGIN
    PERFORM __marks__;
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

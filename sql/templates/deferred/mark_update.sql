-- A statement that updated rows of a source, or of a table between it and the key: marks what the versions lead to of those
-- that changed in what a figure depends on.
-- It reads nothing but these, so that it is right at every isolation level.
-- Appends, and waits for nobody. Locks: now and then some marks of a key, where they are free (see __thin__).
CREATE OR REPLACE FUNCTION __function__() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    __variables__ record;
BEGIN
    PERFORM __unless_read__;
    PERFORM __mark_each_once__;
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

-- What waits for one key. Locks nothing. STABLE, so that a statement which calls it beside the function that adds up the sources
-- reads both in one snapshot: a writer's row and its delta are seen together or not at all.
CREATE OR REPLACE FUNCTION __function__(__parameters__ record) RETURNS numeric[]
    LANGUAGE plpgsql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
BEGIN
    RETURN (SELECT __totals__ FROM __key_rows__ AS s);
END
$pgcache$;
COMMENT ON FUNCTION __function__(__types__) IS __comment__;
REVOKE ALL ON FUNCTION __function__(__types__) FROM PUBLIC;

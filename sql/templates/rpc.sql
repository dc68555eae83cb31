-- What applications call to make one key exact and read it. Locks: the target row, as told in the function that it calls.
CREATE OR REPLACE FUNCTION __rpc__(__parameters__ record) RETURNS __returns__
    LANGUAGE sql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT __results__ FROM __function__(__arguments__) AS r(result)
$pgcache$;
COMMENT ON FUNCTION __rpc__(__types__) IS __comment__;
REVOKE ALL ON FUNCTION __rpc__(__types__) FROM PUBLIC;

-- What applications call to make keys exact. Lock order: (1) the target table, ROW EXCLUSIVE, as told in hold_target: what it calls is looked
-- up after that; (2) target rows, as told in the function that it calls.
CREATE OR REPLACE FUNCTION __rpc__(__parameters__ record) RETURNS __returns__
    LANGUAGE sql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    LOCK TABLE __target__ IN ROW EXCLUSIVE MODE;
    SELECT __results__ FROM __function__(__arguments__) AS r(result)
$pgcache$;
COMMENT ON FUNCTION __rpc__(__types__) IS __comment__;
REVOKE ALL ON FUNCTION __rpc__(__types__) FROM PUBLIC;

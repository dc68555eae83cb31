-- What applications call to make keys exact, for one figure in return. Lock order: (1) what hold_target takes, after which the function that
-- it calls is looked up; (2) target rows, as told there.
CREATE OR REPLACE FUNCTION __rpc__(__parameters__ record) RETURNS __returns__
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
BEGIN
    PERFORM __turn__;
    LOCK TABLE __target__ IN ROW EXCLUSIVE MODE;
    RETURN (SELECT __results__ FROM __function__(__arguments__) AS r(result));
END
$pgcache$;
COMMENT ON FUNCTION __rpc__(__types__) IS __comment__;
REVOKE ALL ON FUNCTION __rpc__(__types__) FROM PUBLIC;

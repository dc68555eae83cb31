-- Every key that a deferred cache may have figures for: those that its sources lead to, and those that it has. Locks nothing.
CREATE OR REPLACE FUNCTION __function__() RETURNS TABLE (__columns__ record)
    LANGUAGE plpgsql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT DISTINCT __keys__ FROM __all_keys__ AS k WHERE __keys_present__;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

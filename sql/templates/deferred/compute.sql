-- What the query says of some keys, in the snapshot of the statement that calls it. Locks nothing.
-- The number of keys is known to the planner each time: it decides between a look-up for each and reading the tables once.
CREATE OR REPLACE FUNCTION __function__(__parameters__ record) RETURNS TABLE (__columns__ record)
    LANGUAGE plpgsql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = __plan_cache_mode__
AS $pgcache$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH pgcache_keys (__key_columns__) AS (SELECT k.* FROM unnest(__arrays__) AS k(__keys__))
    SELECT __results__ FROM __query__ AS q;
END
$pgcache$;
COMMENT ON FUNCTION __function__(__types__) IS __comment__;
REVOKE ALL ON FUNCTION __function__(__types__) FROM PUBLIC;

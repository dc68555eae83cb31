-- Every key, of all or of some, whose figures differ from what the query says of it, though nothing marks it, in key order: drift. What is
-- marked or due is stale, and left to the refresh. One statement, one snapshot, no lock: figures and marks change together. Where rows say
-- when they are due, that is compared as one more figure: in days or seconds, and only where the row says a later time than the query.
CREATE OR REPLACE FUNCTION __function__(__parameters__ record)
    RETURNS TABLE (ordinal bigint, key jsonb, cached numeric[], computed numeric[])
    LANGUAGE plpgsql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET datestyle = 'ISO'
    SET intervalstyle = 'iso_8601'
    SET timezone = 'UTC'
    SET bytea_output = 'hex'
    SET extra_float_digits = 1
AS $pgcache$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT row_number() OVER (ORDER BY __ordered_keys__), __key_json__, c.cached, c.computed
      FROM (SELECT __joined_keys__, __cached_figures__ AS cached, __computed_figures__ AS computed,
                   __misplaced__ AS misplaced, __expires__ AS expires
              FROM (SELECT __rows__ FROM __target__ AS __alias__ WHERE __target_limits__) AS t
              FULL JOIN (SELECT q.*, __computed__ AS computed
                           FROM (SELECT __gathered__ FROM __all_keys__() AS k WHERE __source_limits__) AS a
                          CROSS JOIN LATERAL __compute__(__gathered_arrays__) AS q) AS s
                ON __match_computed__
             WHERE __kept__) AS c
     WHERE (c.cached IS DISTINCT FROM c.computed OR c.misplaced) AND NOT __stale__ AND __wanted__;
END
$pgcache$;
COMMENT ON FUNCTION __function__(__types__) IS __comment__;
REVOKE ALL ON FUNCTION __function__(__types__) FROM PUBLIC;

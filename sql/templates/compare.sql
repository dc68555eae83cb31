-- Every key whose cached values differ from its history, in key order: of all keys, of some, or of a range. One statement, one snapshot,
-- no lock: drift does not move. RETURN QUERY, since it may use parallel workers. The full join is there for targets that pgcache creates,
-- where a row may be missing; for others the planner makes a left join of it. What limits the keys is said of both sides, in a form that
-- the planner takes down to the tables and their indexes.
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
    SET plan_cache_mode = __plan_cache_mode__
AS $pgcache$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT row_number() OVER (ORDER BY __ordered_keys__), __key_json__, c.cached, c.computed
      FROM (SELECT __target_keys__, __cached__ AS cached, __computed__ AS computed
              FROM (SELECT __rows__ FROM __target__ AS __alias__ WHERE __target_limits__) AS t
              FULL JOIN (SELECT __keys__, __sums__
                           FROM __all_rows__ AS s
                          WHERE __keys_present__ AND __source_limits__
                          GROUP BY __keys__) AS s
                ON __match_sums__
             WHERE __kept__) AS c
     WHERE c.cached IS DISTINCT FROM c.computed AND __wanted__;
END
$pgcache$;
COMMENT ON FUNCTION __function__(__types__) IS __comment__;
REVOKE ALL ON FUNCTION __function__(__types__) FROM PUBLIC;

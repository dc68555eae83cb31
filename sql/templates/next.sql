-- Where a range of so many keys ends, and how many it has: the step of a pass that reads the keys range by range. Locks nothing.
CREATE OR REPLACE FUNCTION __function__(p_after jsonb, p_limit bigint) RETURNS TABLE (upto jsonb, keys bigint)
    LANGUAGE plpgsql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $pgcache$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH page AS MATERIALIZED (
        SELECT __target_keys__
          FROM __target__ AS __alias__
         WHERE __after__
         ORDER BY __keys__
         LIMIT p_limit)
    SELECT (SELECT __key_json__ FROM page AS c ORDER BY __descending__ LIMIT 1), (SELECT count(*) FROM page);
END
$pgcache$;
COMMENT ON FUNCTION __function__(jsonb, bigint) IS __comment__;
REVOKE ALL ON FUNCTION __function__(jsonb, bigint) FROM PUBLIC;

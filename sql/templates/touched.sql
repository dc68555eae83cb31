-- The keys of the source rows that were written since a moment, as these rows tell it, in their order; also of rows that do not count any more.
-- A row that was deleted tells nothing, nor does one of the key that it had before. Locks nothing.
CREATE OR REPLACE FUNCTION __function__(p_since timestamptz) RETURNS SETOF jsonb
    LANGUAGE plpgsql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $pgcache$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT __key_json__
      FROM (SELECT __keys__ FROM __touched_rows__ AS s WHERE __keys_present__ GROUP BY __keys__) AS c
     ORDER BY __ordered_keys__;
END
$pgcache$;
COMMENT ON FUNCTION __function__(timestamptz) IS __comment__;
REVOKE ALL ON FUNCTION __function__(timestamptz) FROM PUBLIC;

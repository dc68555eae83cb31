-- The keys at which the last refresh failed. Locks nothing.
CREATE OR REPLACE FUNCTION __function__() RETURNS TABLE (key jsonb, marked_at timestamptz, error text)
    LANGUAGE plpgsql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT __key_json__, d.marked_at, d.error FROM __dirty__ AS d WHERE d.error IS NOT NULL ORDER BY d.marked_at;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

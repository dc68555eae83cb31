-- Forgets the figures that were kept of a month, which then shows what its rows say. Locks the rows that it deletes.
CREATE OR REPLACE FUNCTION __function__(year integer, month integer) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_count bigint;
BEGIN
    DELETE FROM __closed__ AS k WHERE k.__month__ = make_date($1, $2, 1);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$pgcache$;
COMMENT ON FUNCTION __function__(integer, integer) IS __comment__;
REVOKE ALL ON FUNCTION __function__(integer, integer) FROM PUBLIC;

-- How many keys a refresh would compute, as far as they are known, since when the oldest waits, and how many failed. Locks nothing.
CREATE OR REPLACE FUNCTION __function__(OUT dirty bigint, OUT oldest timestamptz, OUT failed bigint)
    LANGUAGE plpgsql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
BEGIN
    SELECT count(*), min(s.marked_at), count(*) FILTER (WHERE s.failed)
      INTO dirty, oldest, failed
      FROM (SELECT min(m.marked_at) AS marked_at, bool_or(m.failed) AS failed
              FROM __all_marks__ AS m
             GROUP BY __mark_columns__) AS s;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

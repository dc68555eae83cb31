-- What the sources add up to for one key. Locks nothing: the caller holds the target row's lock where it matters, and calls this in a
-- statement of its own, so that the snapshot is newer than the lock.
CREATE OR REPLACE FUNCTION __sum__(__parameters__ record) RETURNS numeric[]
    LANGUAGE plpgsql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
BEGIN
    RETURN (SELECT __totals__ FROM __key_rows__ AS s);
END
$pgcache$;
COMMENT ON FUNCTION __sum__(__types__) IS __comment__;
REVOKE ALL ON FUNCTION __sum__(__types__) FROM PUBLIC;

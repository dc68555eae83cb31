-- Corrects a key that was found wrong, by computing it anew, unless a TRUNCATE came between: its rows are gone from the snapshot in which
-- the key was read, where its mark is not yet. Marks that came since stay. Locks as told in the refresh.
CREATE OR REPLACE FUNCTION __function__(p_key jsonb, p_drift numeric[], p_snapshot pg_snapshot) RETURNS boolean
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_key record;
BEGIN
    PERFORM pgcache.lock_refresh(__cache__);
    IF pgcache.repaired_since(__cache__, p_key, p_snapshot) THEN
        RETURN false;
    END IF;
    SELECT __json_keys__ INTO v_key;
    PERFORM __store__(__arrays__);
    RETURN true;
END
$pgcache$;
COMMENT ON FUNCTION __function__(jsonb, numeric[], pg_snapshot) IS __comment__;
REVOKE ALL ON FUNCTION __function__(jsonb, numeric[], pg_snapshot) FROM PUBLIC;

-- The start of a refresh: a mark for every key becomes one for each, rows that are due are marked, and what failed the last time is tried
-- again. Returns how many marks there are. Locks: one refresh of the cache at a time, until the transaction ends; no row.
CREATE OR REPLACE FUNCTION __function__() RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_since timestamptz;
    v_count bigint;
BEGIN
    PERFORM pgcache.lock_refresh(__cache__);
    WITH taken AS (DELETE FROM __dirty__ AS d WHERE __everything__ RETURNING d.marked_at)
    SELECT min(t.marked_at) INTO v_since FROM taken AS t;
    IF v_since IS NOT NULL THEN
        INSERT INTO __dirty__ (__keys__, marked_at) SELECT __keys__, v_since FROM __all_keys__() AS k;
    END IF;
    PERFORM __mark_due__;
    UPDATE __dirty__ AS d SET error = NULL WHERE d.error IS NOT NULL;
    SELECT count(*) INTO v_count FROM __dirty__ AS d;
    RETURN v_count;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

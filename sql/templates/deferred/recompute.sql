-- Computes and stores one key, and consumes its marks: fresh figures for a session that has just changed something. A difference is
-- only logged where the key was not known to be stale.
-- Locks: one refresh of the cache at a time, until the transaction ends, so that this is best called at its end; then the target row.
CREATE OR REPLACE FUNCTION __function__(p_key jsonb, p_logged boolean DEFAULT true) RETURNS numeric[]
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_key record;
    v_drifted boolean;
    v_cached numeric[];
    v_computed numeric[];
    v_stored numeric[];
BEGIN
    PERFORM pgcache.lock_refresh(__cache__);
    SELECT __json_keys__ INTO v_key;
    SELECT p_logged AND NOT (__stale__) INTO v_drifted;
    IF v_drifted THEN
        -- In one snapshot: what is committed later is no drift, though its mark may be consumed below.
        SELECT f.cached, f.computed INTO v_cached, v_computed FROM __compare_keys__(ARRAY[__key_json__]) AS f;
        v_drifted := FOUND;
    END IF;
    PERFORM FROM __target__ AS __alias__ WHERE __match_json__;
    PERFORM __require_row__;
    PERFORM __consume__;
    PERFORM __store__(__arrays__);
    IF v_drifted THEN
        PERFORM pgcache.log_recompute(__cache__, __key_json__, v_cached, v_computed);
    END IF;
    SELECT __cached__ INTO v_stored FROM __target__ AS __alias__ WHERE __match_json__;
    RETURN v_stored;
END
$pgcache$;
COMMENT ON FUNCTION __function__(jsonb, boolean) IS __comment__;
REVOKE ALL ON FUNCTION __function__(jsonb, boolean) FROM PUBLIC;

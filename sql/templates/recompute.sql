-- Makes one key exact: lock, then sum in a new statement (one that waited still has its old snapshot), then store, then log the
-- correction, unless a trigger calls it instead of adding a difference. Locks: the target row alone, FOR NO KEY UPDATE. Under REPEATABLE READ and SERIALIZABLE a conflict raises 40001.
CREATE OR REPLACE FUNCTION __function__(p_key jsonb, p_logged boolean DEFAULT true) RETURNS numeric[]
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_row record;
    v_computed numeric[];
    v_pending numeric[];
    v_stored numeric[];
    v_outer text := coalesce(current_setting('pgcache.maintaining', true), '');
BEGIN
    PERFORM __ensure_row__;
    SELECT __state__ INTO v_row FROM __target__ AS __alias__ WHERE __match_json__ FOR NO KEY UPDATE;
    IF NOT FOUND AND p_logged THEN
        PERFORM pgcache.raise_missing_key(__cache__, p_key);
    ELSIF NOT FOUND THEN
        RETURN NULL;
    END IF;
    -- One statement, one snapshot: where deltas may be pending, a row and its delta are seen together or not at all.
    SELECT __expected_row__, __waiting_row__ INTO v_computed, v_pending;
    v_stored := pgcache.subtract(v_computed, v_pending);
    IF v_row.cached IS DISTINCT FROM v_stored THEN
        PERFORM set_config('pgcache.maintaining', pg_trigger_depth()::text, true);
        UPDATE __target__ AS __alias__ SET (__measures__) = ROW(__stored_values__) WHERE __match_json__;
        PERFORM set_config('pgcache.maintaining', v_outer, true);
        IF p_logged THEN
            PERFORM pgcache.log_recompute(__cache__, v_row.key, v_row.cached, v_stored);
        ELSE
            INSERT INTO pgcache.repair (cache, key) VALUES (__cache__, v_row.key);
        END IF;
    END IF;
    RETURN v_computed;
END
$pgcache$;
COMMENT ON FUNCTION __function__(jsonb, boolean) IS __comment__;
REVOKE ALL ON FUNCTION __function__(jsonb, boolean) FROM PUBLIC;

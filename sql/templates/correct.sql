-- Applies a drift that was read before, unless another repair came between: a correct writer changes the cached value and the true sum
-- alike, so the difference stays right, while an absolute value would undo what was written since.
-- Locks: the target row alone, FOR NO KEY UPDATE, before the log of repairs is read.
CREATE OR REPLACE FUNCTION __function__(p_key jsonb, p_drift numeric[], p_snapshot pg_snapshot) RETURNS boolean
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_outer text := coalesce(current_setting('pgcache.maintaining', true), '');
BEGIN
    PERFORM __ensure_row__;
    PERFORM FROM __target__ AS __alias__ WHERE __match_json__ FOR NO KEY UPDATE;
    IF NOT FOUND OR pgcache.repaired_since(__cache__, p_key, p_snapshot) THEN
        RETURN false;
    END IF;
    -- What is not finite (NaN, infinity) has no difference to apply.
    IF p_drift && ARRAY['NaN', 'Infinity', '-Infinity']::numeric[] THEN
        PERFORM __recompute__(p_key, false);
        RETURN true;
    END IF;
    PERFORM set_config('pgcache.maintaining', pg_trigger_depth()::text, true);
    UPDATE __target__ AS __alias__ SET (__measures__) = ROW(__corrected__) WHERE __match_json__;
    PERFORM set_config('pgcache.maintaining', v_outer, true);
    RETURN true;
END
$pgcache$;
COMMENT ON FUNCTION __function__(jsonb, numeric[], pg_snapshot) IS __comment__;
REVOKE ALL ON FUNCTION __function__(jsonb, numeric[], pg_snapshot) FROM PUBLIC;

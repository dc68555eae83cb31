-- The figures of one key in a period; stored where that is the row's own period. Locks: the target row alone, FOR NO KEY UPDATE, so that
-- the period which it compares with cannot move meanwhile.
CREATE OR REPLACE FUNCTION __function__(p_key jsonb, p_from __from_type__, p_to __to_type__) RETURNS numeric[]
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_row record;
BEGIN
    SELECT __state__ INTO v_row FROM __target__ AS __alias__ WHERE __match_json__ FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM pgcache.raise_missing_key(__cache__, p_key);
    END IF;
    IF v_row.from_1 = p_from AND v_row.to_1 = p_to THEN
        RETURN __recompute__(p_key);
    END IF;
    RETURN __expected_period__;
END
$pgcache$;
COMMENT ON FUNCTION __function__(jsonb, __from_type__, __to_type__) IS __comment__;
REVOKE ALL ON FUNCTION __function__(jsonb, __from_type__, __to_type__) FROM PUBLIC;

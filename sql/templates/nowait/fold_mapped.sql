-- Folds what is pending under mapping values into the target rows behind them, up to a number of values; returns how many deltas that
-- were. What is pending for no target row is forgotten: rows and mappings that appear are computed.
-- Locks, none of which is waited for unless p_waits: where no foreign key promises the target rows, the cache's lock table in SHARE mode,
-- which keeps them from appearing meanwhile; and for each value those of the function that takes its rows. They are held until the transaction ends; writers append
-- instead. A value that cannot be folded is reported, and stays pending.
CREATE OR REPLACE FUNCTION __function__(p_limit bigint, p_waits boolean) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off -- a plan may have been made while nothing was pending, and last
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_row record;
    v_alone boolean := true;
    v_values bigint := 0::bigint;
    v_folded bigint := 0::bigint;
    v_deltas bigint;
BEGIN
    BEGIN
        PERFORM __keep_away__;
    EXCEPTION WHEN lock_not_available THEN
        IF p_waits THEN
            RAISE;
        END IF;
        v_alone := false;
    END;
    FOR v_row IN
        SELECT DISTINCT __pending_keys__ FROM __pending__ AS p ORDER BY __ons__
    LOOP
        EXIT WHEN v_values >= p_limit;
        BEGIN
            v_deltas := __take__(__row_values__, v_alone, p_waits);
            v_values := v_values + (v_deltas > 0)::integer;
            v_folded := v_folded + coalesce(v_deltas, 0);
        EXCEPTION
            WHEN data_exception OR integrity_constraint_violation OR raise_exception THEN
                PERFORM pgcache.warn_pending(__cache__, __row_json__, SQLERRM);
        END;
    END LOOP;
    RETURN v_folded;
END
$pgcache$;
COMMENT ON FUNCTION __function__(bigint, boolean) IS __comment__;
REVOKE ALL ON FUNCTION __function__(bigint, boolean) FROM PUBLIC;

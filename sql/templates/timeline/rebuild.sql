-- Makes months exact again: those of all accounts, of one, or of one from a month on. What is off is found in one snapshot, and each month
-- that is off is recomputed under its lock, and logged. Locks: the rows of these months, FOR NO KEY UPDATE in ascending key order.
CREATE OR REPLACE FUNCTION __function__(__account_parameter__ record, from_month date) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_off record;
    v_count bigint := 0::bigint;
BEGIN
    FOR v_off IN
        SELECT coalesce(t.key_1, s.key_1) AS key_1, coalesce(t.key_2, s.key_2) AS key_2
          FROM (SELECT __target_keys__, __cached__ AS cached
                  FROM __target__ AS __alias__
                 WHERE __wanted_targets__) AS t
          FULL JOIN (SELECT key_1, key_2, __computed__ AS computed
                       FROM __all_rows__ AS s
                      WHERE __wanted_rows__
                      GROUP BY key_1, key_2) AS s
            ON __match_sums__
         WHERE coalesce(t.cached, __nothing__) IS DISTINCT FROM coalesce(s.computed, __nothing__)
         ORDER BY 1, 2
    LOOP
        PERFORM __recompute__(__key_json__);
        v_count := v_count + 1;
    END LOOP;
    RETURN v_count;
END
$pgcache$;
COMMENT ON FUNCTION __function__(__account_type__, date) IS __comment__;
REVOKE ALL ON FUNCTION __function__(__account_type__, date) FROM PUBLIC;

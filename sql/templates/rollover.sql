-- Closes every period that ended before a day into the history and opens the next ones. A second call finds nothing to do.
-- Locks: the target rows that step on, FOR NO KEY UPDATE in ascending key order, each before its period is read: two rollovers, or
-- a rollover and a writer, take turns row by row. At REPEATABLE READ and above a period that it steps through could miss rows which
-- were committed after the snapshot, and nothing corrects the history: refused.
CREATE OR REPLACE FUNCTION __rpc__(as_of date DEFAULT NULL)
    RETURNS TABLE (__result_columns__ record)
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_as_of date := coalesce(as_of, pgcache.today());
    v_due record;
    v_row record;
    v_previous date;
    v_from date;
    v_to date;
    v_values numeric[];
BEGIN
    PERFORM pgcache.require_read_committed(format('rollover of cache "%s"', __cache__));
    FOR v_due IN
        SELECT __target_keys__
          FROM __target__ AS t
         WHERE t.__to_column__ < v_as_of AND t.__recurrence__ IS NOT NULL
         ORDER BY __target_key_columns__
    LOOP
        SELECT __state__, __alias__.__recurrence__::text AS recurrence
          INTO v_row
          FROM __target__ AS __alias__
         WHERE __match_due__
           FOR NO KEY UPDATE;
        CONTINUE WHEN NOT FOUND OR v_row.recurrence IS NULL OR v_row.to_1 >= v_as_of;
        IF pgcache.period_end(v_row.from_1, v_row.recurrence) IS NULL THEN
            PERFORM pgcache.raise_recurrence(__cache__, v_row.key, v_row.recurrence);
        END IF;
        v_from := v_row.from_1;
        v_to := v_row.to_1;
        WHILE v_to < v_as_of LOOP
            v_values := __expected_period__;
            UPDATE __history__ AS h
               SET (__history_period__, __history_columns__) = ROW(v_from, v_to, __history_values__)
             WHERE __match_history__ AND h.__history_from__ = v_from;
            IF NOT FOUND THEN
                INSERT INTO __history__ (__history_key__, __history_period__, __history_columns__)
                VALUES (__due_keys__, v_from, v_to, __history_values__);
            END IF;
            RETURN QUERY SELECT __due_keys__, v_from, v_to, __history_values__;
            v_previous := v_from;
            v_from := v_to + 1;
            v_to := pgcache.period_end(v_from, v_row.recurrence, v_previous);
        END LOOP;
        UPDATE __target__ AS t SET (__period_columns__) = ROW(v_from, v_to) WHERE __match_due_target__;
        PERFORM __recompute__(v_row.key);
    END LOOP;
END
$pgcache$;
COMMENT ON FUNCTION __rpc__(date) IS __comment__;
REVOKE ALL ON FUNCTION __rpc__(date) FROM PUBLIC;

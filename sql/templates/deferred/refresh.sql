-- One batch of a refresh: takes marks, looks up their keys, and computes and stores them in fresh snapshots. The marks go in the
-- transaction that stores the figures, and only those that were seen: whoever commits meanwhile stays marked. Where figures cannot
-- be computed or stored, the batch is halved until the keys are found at which it fails; their marks stay, with the error.
-- Locks: one refresh of the cache at a time, until the transaction ends; marks, those alone that no writer holds who thins them out: it
-- waits for no writer, and what is held stays marked; then target rows in ascending key order.
CREATE OR REPLACE FUNCTION __function__(p_limit integer, OUT marks bigint, OUT refreshed bigint, OUT failed bigint)
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    __variables__ record;
    v_marked_at timestamptz[];
    v_from integer[];
    v_to integer[];
    v_first integer;
    v_last integer;
    v_middle integer;
BEGIN
    PERFORM pgcache.lock_refresh(__cache__);
    refreshed := 0;
    failed := 0;
    WITH taken AS MATERIALIZED (
        DELETE FROM __dirty__ AS d
         WHERE d.ctid = ANY (ARRAY(SELECT d.ctid FROM __dirty__ AS d WHERE d.error IS NULL AND NOT (__everything__) LIMIT p_limit FOR UPDATE SKIP LOCKED))
        RETURNING d.*
    )
    SELECT __gathered__, array_agg(k.marked_at ORDER BY __ordered_keys__), (SELECT count(*) FROM taken AS t)
      INTO __gathered_into__, v_marked_at, marks
      FROM (SELECT __keys__, min(r.marked_at) AS marked_at
              FROM __taken_keys__ AS r
             WHERE __keys_present__
             GROUP BY __keys__) AS k;
    v_from := ARRAY[1];
    v_to := ARRAY[coalesce(cardinality(v_marked_at), 0)];
    WHILE cardinality(v_from) > 0 LOOP
        v_first := v_from[cardinality(v_from)];
        v_last := v_to[cardinality(v_to)];
        v_from := trim_array(v_from, 1);
        v_to := trim_array(v_to, 1);
        CONTINUE WHEN v_first > v_last;
        BEGIN
            refreshed := refreshed + __store__(__slices__);
        EXCEPTION WHEN OTHERS THEN
            IF NOT pgcache.fails_one_key(SQLSTATE) THEN
                RAISE;
            ELSIF v_first = v_last THEN
                INSERT INTO __dirty__ (__keys__, marked_at, error)
                VALUES (__failing_key__, v_marked_at[v_first], format('%s (%s)', SQLERRM, SQLSTATE));
                failed := failed + 1;
            ELSE
                -- The second half is put below the first, so that keys are locked in ascending order.
                v_middle := (v_first + v_last) / 2;
                v_from := v_from || ARRAY[v_middle + 1, v_first];
                v_to := v_to || ARRAY[v_last, v_middle];
            END IF;
        END;
    END LOOP;
END
$pgcache$;
COMMENT ON FUNCTION __function__(integer) IS __comment__;
REVOKE ALL ON FUNCTION __function__(integer) FROM PUBLIC;

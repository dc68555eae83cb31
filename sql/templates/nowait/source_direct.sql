-- A statement on a source that names its key itself, where no writer waits: a target row that is free takes the delta, and all that
-- is pending for its key; for a row that somebody holds, the delta is appended and counts at reading.
-- Locks: the target rows that are free, FOR NO KEY UPDATE (a foreign key's FOR KEY SHARE does not stand in its way). It waits for none,
-- so it has no part in any deadlock. Pending deltas of a key are deleted by the holder of its row alone, after the lock, in a fresh
-- statement: what was committed before is seen, and nobody else deletes it. Above READ COMMITTED the row may be newer than the snapshot,
-- which would raise 40001: there it only appends. What cannot be added up is recomputed, which does wait.
CREATE OR REPLACE FUNCTION __function__() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off -- a plan may have been made while nothing was pending, and last
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_pending boolean;
    v_takes boolean := current_setting('transaction_isolation') = 'read committed';
    __variables__ record;
BEGIN
    PERFORM __gather__;
    LOOP
        PERFORM __next_delta__;
        -- What is not finite (NaN, infinity) cannot be taken off again.
        CONTINUE WHEN (v_mixed OR __not_finite__) AND __recompute__(__key_json__, false) IS NOT NULL;
        v_pending := NULL;
        IF v_takes THEN
            SELECT EXISTS (SELECT FROM __pending__ AS p WHERE __match_pending__)
              INTO v_pending
              FROM __target__ AS t
             WHERE __match_delta__
               FOR NO KEY UPDATE SKIP LOCKED;
            PERFORM __make_row__;
        END IF;
        IF v_pending THEN
            WITH folded AS (DELETE FROM __pending__ AS p WHERE __match_pending__ RETURNING __pending_values__)
            UPDATE __target__ AS t
               SET (__measures__) = (SELECT __adjusted_and_folded__ FROM folded AS p)
             WHERE __match_delta__;
        ELSIF NOT v_pending THEN
            UPDATE __target__ AS t
               SET (__measures__) = ROW(__adjusted__)
             WHERE __match_delta__;
        ELSE
            INSERT INTO __pending__ SELECT __delta_values__ WHERE __may_wait__;
        END IF;
    END LOOP;
    PERFORM __maintained__;
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

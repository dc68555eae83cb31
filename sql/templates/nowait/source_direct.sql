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
    v_delta record;
    __variables__ record;
BEGIN
    PERFORM __adjust_statement__;
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

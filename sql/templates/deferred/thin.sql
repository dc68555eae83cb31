-- Leaves one of the marks of a key, or of the value of a mapping: a writer calls it for one in 127 of its marks, so that marks do not add up
-- while no refresh runs. It takes those that are committed or its own, and that nobody holds, up to 1,000, so that it is soon done;
-- it keeps the oldest of them, which tells since when the key waits, and deletes the others.
-- What it keeps stays locked until the writer ends. Until then no refresh can take it, and one that takes it later reads what all the
-- others stood for. Were it not locked, a refresh could be about to delete it that has read before their changes were committed.
-- At REPEATABLE READ and above a row that another has deleted is an error, and nothing is thinned out. Marks with an error are left to the refresh.
-- Locks: marks FOR UPDATE, those alone that are free; waits for nobody.
CREATE OR REPLACE FUNCTION __function__(__parameters__ record) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    -- The table is small when a session plans this first, and may not be later.
    SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $pgcache$
#variable_conflict use_column
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RETURN;
    END IF;
    PERFORM __thin_kinds__;
END
$pgcache$;
COMMENT ON FUNCTION __function__(__types__) IS __comment__;
REVOKE ALL ON FUNCTION __function__(__types__) FROM PUBLIC;

-- Called by what would have to see rows that REPEATABLE READ and above hide, and cannot leave them to a refresh. Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.require_read_committed(p_what text) RETURNS void
    LANGUAGE plpgsql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
BEGIN
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        RAISE EXCEPTION '% needs READ COMMITTED', p_what
            USING ERRCODE = 'PC005',
                  DETAIL = format('The isolation level is %s: rows that were committed after its snapshot would be missed.',
                                  upper(current_setting('transaction_isolation'))),
                  HINT = 'Begin the transaction with BEGIN ISOLATION LEVEL READ COMMITTED.';
    END IF;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.require_read_committed(text) IS 'Raises PC005 at another isolation level.';
REVOKE ALL ON FUNCTION pgcache.require_read_committed(text) FROM PUBLIC;

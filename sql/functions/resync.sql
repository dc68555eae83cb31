-- Called by the TRUNCATE triggers, whose transaction holds its table's ACCESS EXCLUSIVE lock. Locks the target rows that change,
-- in key order. The difference is applied, so writers of other sources may go on meanwhile; pgcache.repair tells
-- a reconcile that read its drift before that it must not apply it any more.
-- At REPEATABLE READ and above, rows that others committed after the snapshot vanish without being seen: refused.
CREATE OR REPLACE FUNCTION pgcache.resync(p_cache text) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_key jsonb;
    v_cached numeric[];
    v_computed numeric[];
    v_snapshot pg_snapshot;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'TRUNCATE of a table that feeds cache "%" needs READ COMMITTED', p_cache
            USING ERRCODE = 'PC005',
                  DETAIL = format('The isolation level is %s: rows committed after its snapshot would vanish unseen.',
                                  upper(current_setting('transaction_isolation'))),
                  HINT = 'Begin the transaction with SET TRANSACTION ISOLATION LEVEL READ COMMITTED, or DELETE the rows.';
    END IF;
    INSERT INTO pgcache.repair (cache) VALUES (p_cache);
    v_snapshot := pg_current_snapshot();
    FOR v_key, v_cached, v_computed IN EXECUTE format('SELECT f.key, f.cached, f.computed FROM pgcache.%I() AS f ORDER BY f.ordinal', p_cache || '_compare') LOOP
        EXECUTE format('SELECT pgcache.%I($1, $2, $3)', p_cache || '_correct')
          USING v_key, pgcache.subtract(v_computed, v_cached), v_snapshot;
    END LOOP;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.resync(text) IS 'Makes every key of a cache exact within the calling transaction.';
REVOKE ALL ON FUNCTION pgcache.resync(text) FROM PUBLIC;

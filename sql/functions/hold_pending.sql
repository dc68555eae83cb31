-- Called first by whatever only reads a cache. Locks: its tables of pending deltas, ROW EXCLUSIVE: a migration that folds and drops them
-- has them, and is waited for, so that what is read fits the function that reads it; the cache is looked up again after that. No other
-- table: a pass may read for long, and a migration that leaves the mode as it is does not wait for it. Works on a standby. At REPEATABLE
-- READ and above the snapshot may be older than such a migration, and show neither what was pending then nor where it went: 40001.
CREATE OR REPLACE FUNCTION pgcache.hold_pending(p_cache text) RETURNS pgcache.cache
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache := pgcache.find_cache(p_cache);
    v_before pgcache.cache;
    v_pending text;
BEGIN
    LOOP
        BEGIN
            FOREACH v_pending IN ARRAY v_cache.pending LOOP
                EXECUTE format('LOCK TABLE pgcache.%I IN ROW EXCLUSIVE MODE', p_cache || v_pending);
            END LOOP;
            EXIT;
        EXCEPTION WHEN undefined_table THEN
            v_before := v_cache;
            v_cache := pgcache.find_cache(p_cache);
            IF v_cache.pending = v_before.pending THEN
                IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
                    PERFORM pgcache.raise_old_snapshot(p_cache);
                END IF;
                RAISE; -- it was dropped by hand
            END IF;
        END;
    END LOOP;
    RETURN v_cache;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.hold_pending(text) IS
    'An installed cache by its name, whose tables of pending deltas stay until the transaction ends; PC001 where there is none.';
REVOKE ALL ON FUNCTION pgcache.hold_pending(text) FROM PUBLIC;

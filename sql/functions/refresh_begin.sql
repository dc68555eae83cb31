-- The first of the three steps of a refresh: what is due is marked, what failed is tried again, and all marks are counted. Locks: one
-- refresh of the cache at a time, until the transaction ends; the other steps take that lock for their own transactions.
CREATE OR REPLACE FUNCTION pgcache.refresh_begin(p_run bigint, p_cache text, p_kind text) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache := pgcache.find_cache(p_cache);
    v_count bigint;
BEGIN
    IF v_cache.mode = 'deferred' THEN
        IF p_kind = 'backfill' THEN
            EXECUTE format('INSERT INTO pgcache.%I DEFAULT VALUES', p_cache || '_dirty');
        END IF;
        EXECUTE format('SELECT pgcache.%I()', p_cache || '_prepare') INTO v_count;
    ELSE
        PERFORM pgcache.lock_refresh(p_cache);
        UPDATE pgcache.dirty AS d SET error = NULL WHERE d.cache = p_cache AND d.error IS NOT NULL;
        SELECT count(*) INTO v_count FROM pgcache.dirty AS d WHERE d.cache = p_cache;
    END IF;
    IF v_count > 0 OR p_kind = 'backfill' THEN
        INSERT INTO pgcache.run (id, cache, kind) VALUES (p_run, p_cache, p_kind);
    END IF;
    RETURN v_count;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.refresh_begin(bigint, text, text) IS
    'Begins a refresh of a cache, or its backfill, which marks every key; returns how many marks there are.';
REVOKE ALL ON FUNCTION pgcache.refresh_begin(bigint, text, text) FROM PUBLIC;

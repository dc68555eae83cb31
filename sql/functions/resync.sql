-- Called by the TRUNCATE triggers, whose transaction holds its table's ACCESS EXCLUSIVE lock. Lock order: (1) the cache's row in
-- pgcache.cache; (2) the target rows that change, in key order. The difference is applied, so writers of other sources may go on meanwhile.
-- No other repair can come between reading it and applying it: a recompute needs the table, and a step of a pass shares the cache's
-- row, whose update it then sees or fails on; pgcache.repair tells it that what it read before must not be applied any more.
CREATE OR REPLACE FUNCTION pgcache.resync(p_cache text) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_key jsonb;
    v_cached numeric[];
    v_computed numeric[];
BEGIN
    PERFORM pgcache.require_read_committed(format('TRUNCATE of a table that feeds cache "%s"', p_cache));
    UPDATE pgcache.cache AS c SET name = c.name WHERE c.name = p_cache;
    INSERT INTO pgcache.repair (cache) VALUES (p_cache);
    FOR v_key, v_cached, v_computed IN EXECUTE format('SELECT f.key, f.cached, f.computed FROM pgcache.%I() AS f ORDER BY f.ordinal', p_cache || '_compare') LOOP
        EXECUTE format('SELECT pgcache.%I($1, $2, $3)', p_cache || '_correct')
          USING v_key, pgcache.subtract(v_computed, v_cached), NULL::pg_snapshot;
    END LOOP;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.resync(text) IS 'Makes every key of a cache exact within the calling transaction.';
REVOKE ALL ON FUNCTION pgcache.resync(text) FROM PUBLIC;

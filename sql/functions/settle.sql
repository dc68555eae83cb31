-- Called before the tables of pending deltas go away, by a transaction that keeps the writers of the sources away: nothing is pending
-- afterwards. Locks: target rows, FOR NO KEY UPDATE in ascending key order, waiting for whoever holds them.
CREATE OR REPLACE FUNCTION pgcache.settle(p_cache text) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_pending text;
    v_left bigint;
BEGIN
    -- What there is, whatever the cache is declared to be by now. A table that was dropped by hand has nothing left to fold.
    FOR v_pending IN
        SELECT substr(c.relname, length(p_cache) + 1)
          FROM pgcache.object AS o
          JOIN pg_class AS c ON c.oid = to_regclass(o.name)
         WHERE o.cache = p_cache AND o.kind = 'table' AND substr(c.relname, length(p_cache) + 1) ~ '^(_s[0-9]+)?_pending$'
         ORDER BY o.position
    LOOP
        IF to_regprocedure(format('pgcache.%I(bigint, boolean)', p_cache || replace(v_pending, 'pending', 'fold'))) IS NULL THEN
            RAISE EXCEPTION 'cache "%": the function that folds its pending deltas is missing', p_cache
                USING ERRCODE = 'PC010',
                      DETAIL = 'They would be lost with their table.',
                      HINT = 'Run pgcache migrate with the declaration that is installed, which makes it anew; then try again.';
        END IF;
        EXECUTE format('SELECT pgcache.%I(NULL, true)', p_cache || replace(v_pending, 'pending', 'fold'));
        EXECUTE format('SELECT count(*) FROM pgcache.%I', p_cache || v_pending) INTO v_left;
        IF v_left > 0 THEN
            RAISE EXCEPTION 'cache "%": % pending deltas could not be folded', p_cache, v_left
                USING ERRCODE = 'PC010',
                      DETAIL = 'They would be lost with their table.',
                      HINT = 'Run pgcache fold, which says why; mend that, then try again.';
        END IF;
    END LOOP;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.settle(text) IS
    'Folds everything that is pending for a cache, waiting for the rows that are held.';
REVOKE ALL ON FUNCTION pgcache.settle(text) FROM PUBLIC;

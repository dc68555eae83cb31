-- Notes that a pass over a cache begins: a reconcile or a backfill of all its keys, or a check of some. Its callers refresh the marked keys
-- before, in a transaction of its own where they can: their rows would stay locked while the drift is read.
-- Locks: one pass over a cache at a time (an advisory lock; the command line also takes it for its session, since its pass spans
-- transactions).
CREATE OR REPLACE FUNCTION pgcache.reconcile_open(
    p_run bigint, p_cache text, p_kind text, p_threshold numeric DEFAULT NULL, p_action text DEFAULT NULL,
    p_relative_threshold numeric DEFAULT NULL, p_max_corrections text DEFAULT NULL
)
    RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache := pgcache.find_cache(p_cache);
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('pgcache pass ' || p_cache), 0);
    DELETE FROM pgcache.repair AS r WHERE r.cache = p_cache;
    DELETE FROM pgcache.found AS f WHERE f.cache = p_cache;
    INSERT INTO pgcache.run (id, cache, kind, threshold, relative_threshold, action, max_corrections, snapshot, evidence, logged)
    VALUES (p_run, p_cache, p_kind, coalesce(p_threshold, v_cache.threshold),
            coalesce(p_relative_threshold, v_cache.relative_threshold), coalesce(p_action, v_cache.action),
            coalesce(p_max_corrections, v_cache.max_corrections), pg_current_snapshot(),
            pgcache.witness(p_cache) || jsonb_build_object('mended', v_cache.mended), p_kind <> 'backfill' OR v_cache.mended IS NOT NULL);
END
$pgcache$;
COMMENT ON FUNCTION pgcache.reconcile_open(bigint, text, text, numeric, text, numeric, text) IS
    'Begins a pass over a cache, with what is declared where a parameter is null.';
REVOKE ALL ON FUNCTION pgcache.reconcile_open(bigint, text, text, numeric, text, numeric, text) FROM PUBLIC;

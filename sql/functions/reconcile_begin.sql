-- The first of the three steps of a pass over a whole cache (reconcile or backfill): read the drift. Its callers refresh the marked keys
-- before, in a transaction of its own where they can: their rows would stay locked while the drift is read.
-- Locks: one pass over a cache at a time (an advisory lock; the command line also takes it for its session, since its pass spans
-- transactions). The drift is read in one statement, in one snapshot, with no lock on any row, by parallel workers where
-- the planner likes them (CREATE TABLE AS and RETURN QUERY allow them, INSERT ... SELECT does not).
CREATE OR REPLACE FUNCTION pgcache.reconcile_begin(
    p_run bigint, p_cache text, p_kind text, p_threshold numeric DEFAULT NULL, p_action text DEFAULT NULL
) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache := pgcache.find_cache(p_cache);
    v_threshold numeric := coalesce(p_threshold, v_cache.threshold);
    v_action text := coalesce(p_action, v_cache.action);
    v_checked bigint;
    v_drifted bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('pgcache pass ' || p_cache), 0);
    DELETE FROM pgcache.repair AS r WHERE r.cache = p_cache;
    INSERT INTO pgcache.run (id, cache, kind, threshold, action, snapshot)
    VALUES (p_run, p_cache, p_kind, v_threshold, v_action, pg_current_snapshot());

    DROP TABLE IF EXISTS pg_temp.pgcache_found;
    EXECUTE format('CREATE TEMPORARY TABLE pgcache_found AS SELECT * FROM pgcache.%I()', p_cache || '_compare');
    GET DIAGNOSTICS v_drifted = ROW_COUNT;
    CREATE UNIQUE INDEX ON pg_temp.pgcache_found (ordinal);
    v_checked := pgcache.count_keys(p_cache);

    IF p_kind <> 'backfill' THEN
        INSERT INTO pgcache.drift AS d (run_id, cache, key, measure, cached, computed, drift, over_threshold, status)
        SELECT p_run, p_cache, f.key, m.measure, m.cached, m.computed, m.drift, m.drift > v_threshold OR m.drift < -v_threshold,
               CASE WHEN v_action = 'correct' THEN 'detected'
                    WHEN abs(m.drift) <= v_threshold THEN 'below_threshold'
                    WHEN v_action = 'review' THEN 'pending_review'
                    ELSE 'alerted'
               END
          FROM pg_temp.pgcache_found AS f
         CROSS JOIN LATERAL unnest(v_cache.measures, f.cached, f.computed, pgcache.subtract(f.computed, f.cached))
                         AS m(measure, cached, computed, drift)
         WHERE m.cached IS DISTINCT FROM m.computed
         ORDER BY f.ordinal
        ON CONFLICT (cache, key, measure) WHERE resolved_at IS NULL DO UPDATE
            SET run_id = excluded.run_id, cached = excluded.cached, computed = excluded.computed, drift = excluded.drift,
                over_threshold = excluded.over_threshold, status = excluded.status, last_seen = excluded.last_seen;
        UPDATE pgcache.drift AS d
           SET status = 'vanished', resolved_at = clock_timestamp(), resolved_by = session_user
         WHERE d.cache = p_cache AND d.resolved_at IS NULL AND d.run_id <> p_run;
    END IF;

    UPDATE pgcache.run AS r
       SET checked = v_checked, drifted = v_drifted,
           (over_threshold, pending_review, max_abs_drift) = (
               SELECT count(DISTINCT f.ordinal) FILTER (WHERE abs(m.drift) > v_threshold),
                      count(DISTINCT f.ordinal) FILTER (WHERE abs(m.drift) > v_threshold AND v_action = 'review'),
                      coalesce(max(abs(m.drift)), 0)
                 FROM pg_temp.pgcache_found AS f
                CROSS JOIN LATERAL unnest(pgcache.subtract(f.computed, f.cached)) AS m(drift))
     WHERE r.id = p_run AND r.cache = p_cache;
    RETURN v_drifted;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.reconcile_begin(bigint, text, text, numeric, text) IS
    'Reads the drift of every key of a cache, logs it, and returns how many keys drifted.';
REVOKE ALL ON FUNCTION pgcache.reconcile_begin(bigint, text, text, numeric, text) FROM PUBLIC;

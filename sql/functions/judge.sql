-- The part of a pass that decides: what was found (pgcache.found) is counted, held back where it is too much to be corrected unseen,
-- and logged. Locks: the rows of its own run, and of the drifts that are open for these keys; only one pass over a cache runs at a time.
-- A rejection holds for the drift that was rejected: while a pass finds the same, it stays rejected and raises no alarm.
CREATE OR REPLACE FUNCTION pgcache.judge(p_run bigint, p_cache text) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache := pgcache.find_cache(p_cache);
    v_run pgcache.run;
    v_action text;
    v_writer text;
    v_drift record;
    v_written_in xid8;
BEGIN
    UPDATE pgcache.run AS r
       SET judged_at = clock_timestamp(),
           held = r.kind <> 'backfill' AND r.action = 'correct'
                  AND coalesce(r.drifted > pgcache.most_corrections(r.max_corrections, r.checked), false),
           max_abs_drift = (SELECT coalesce(max(abs(m.drift)), 0)
                              FROM pgcache.found AS f
                             CROSS JOIN LATERAL unnest(pgcache.subtract(f.computed, f.cached)) AS m(drift)
                             WHERE f.cache = p_cache)
     WHERE r.id = p_run AND r.cache = p_cache
    RETURNING r.* INTO v_run;
    IF NOT v_run.logged THEN
        RETURN;
    END IF;
    v_action := CASE WHEN v_run.held THEN 'review' ELSE v_run.action END;

    UPDATE pgcache.drift AS d
       SET status = 'superseded', resolved_at = clock_timestamp(), resolved_by = session_user
      FROM pgcache.found AS f
     CROSS JOIN LATERAL unnest(v_cache.measures, pgcache.subtract(f.computed, f.cached)) AS m(measure, drift)
     WHERE f.cache = p_cache AND d.cache = p_cache AND d.key = f.key AND d.measure = m.measure AND d.resolved_at IS NULL
       AND d.status = 'rejected' AND d.drift <> m.drift;
    INSERT INTO pgcache.drift AS d (run_id, first_run_id, cache, key, measure, cached, computed, drift, over_threshold, status)
    SELECT p_run, p_run, p_cache, m.key, m.measure, m.cached, m.computed, m.drift, m.over_threshold,
           CASE WHEN v_action = 'correct' THEN 'detected'
                WHEN NOT m.over_threshold THEN 'below_threshold'
                WHEN v_action = 'review' THEN 'pending_review'
                ELSE 'alerted'
           END
      FROM (SELECT f.ordinal, f.key, u.*,
                   pgcache.exceeds(u.drift, u.computed, v_run.threshold, v_run.relative_threshold) AS over_threshold
              FROM pgcache.found AS f
             CROSS JOIN LATERAL unnest(v_cache.measures, f.cached, f.computed, pgcache.subtract(f.computed, f.cached))
                             AS u(measure, cached, computed, drift)
             WHERE f.cache = p_cache AND u.cached IS DISTINCT FROM u.computed) AS m
     ORDER BY m.ordinal
    ON CONFLICT (cache, key, measure) WHERE resolved_at IS NULL DO UPDATE
        SET run_id = excluded.run_id, cached = excluded.cached, computed = excluded.computed, drift = excluded.drift,
            over_threshold = excluded.over_threshold, last_seen = excluded.last_seen,
            status = CASE WHEN d.status = 'rejected' AND v_action <> 'correct' THEN d.status ELSE excluded.status END;
    UPDATE pgcache.drift AS d
       SET status = 'vanished', resolved_at = clock_timestamp(), resolved_by = session_user
     WHERE d.cache = p_cache AND d.resolved_at IS NULL AND d.run_id <> p_run AND v_run.kind <> 'check';

    -- Who had written a row last tells much of the cause, and the correction overwrites it. Not of many: they are looked up one by one.
    IF v_run.drifted <= 1000 THEN
        v_writer := format(
            'SELECT pgcache.full_xid(t.xmin) FROM %s AS t WHERE %s',
            v_cache.target,
            (SELECT string_agg(format('t.%I = ($1 ->> %L)::%s', a.attname, a.attname, format_type(a.atttypid, a.atttypmod)), ' AND ')
               FROM pg_attribute AS a
              WHERE a.attrelid = to_regclass(v_cache.target) AND a.attname = ANY (v_cache.key_columns)));
        FOR v_drift IN
            SELECT d.id, d.key FROM pgcache.drift AS d WHERE d.run_id = p_run AND d.cache = p_cache AND d.first_run_id = p_run
        LOOP
            EXECUTE v_writer INTO v_written_in USING v_drift.key;
            UPDATE pgcache.drift AS d SET written_in = v_written_in WHERE d.id = v_drift.id;
        END LOOP;
    END IF;

    UPDATE pgcache.run AS r
       SET (over_threshold, pending_review) = (
               SELECT count(DISTINCT d.key) FILTER (WHERE d.over_threshold AND d.status <> 'rejected'),
                      count(DISTINCT d.key) FILTER (WHERE d.status = 'pending_review')
                 FROM pgcache.drift AS d
                WHERE d.run_id = p_run AND d.cache = p_cache)
     WHERE r.id = p_run AND r.cache = p_cache;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.judge(bigint, text) IS
    'Logs what a pass found, and decides what becomes of it by the policy of the run.';
REVOKE ALL ON FUNCTION pgcache.judge(bigint, text) FROM PUBLIC;

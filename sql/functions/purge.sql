-- What is open stays, and so do the runs that tell since when: of each cache, all from the last one without a drift before the oldest open
-- drift on, else from the last one without a drift. Locks the rows that it deletes, which nothing writes any more.
CREATE OR REPLACE FUNCTION pgcache.purge(p_keep interval) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_before timestamptz := clock_timestamp() - least(p_keep, interval '1000 years');
    v_drifts bigint;
    v_runs bigint;
    v_writes bigint;
BEGIN
    DELETE FROM pgcache.drift AS d WHERE d.resolved_at < v_before;
    GET DIAGNOSTICS v_drifts = ROW_COUNT;
    WITH named AS (
        SELECT d.cache, d.run_id AS id FROM pgcache.drift AS d UNION SELECT d.cache, d.first_run_id FROM pgcache.drift AS d
    ), clean AS (
        SELECT r.cache, max(r.started_at) AS started_at
          FROM pgcache.run AS r
          LEFT JOIN (SELECT d.cache, min(d.first_seen) AS first_seen FROM pgcache.drift AS d WHERE d.resolved_at IS NULL GROUP BY d.cache) AS open
            ON open.cache = r.cache
         WHERE r.kind IN ('backfill', 'reconcile') AND r.drifted = 0 AND r.finished_at IS NOT NULL
           AND r.started_at < coalesce(open.first_seen, 'infinity')
         GROUP BY r.cache
    )
    DELETE FROM pgcache.run AS r
     WHERE r.started_at < v_before
       AND NOT EXISTS (SELECT FROM named AS n WHERE n.cache = r.cache AND n.id = r.id)
       AND NOT EXISTS (SELECT FROM clean AS l WHERE l.cache = r.cache AND l.started_at <= r.started_at);
    GET DIAGNOSTICS v_runs = ROW_COUNT;
    DELETE FROM pgcache.write AS w
     WHERE w.written_at < v_before
       AND NOT EXISTS (SELECT FROM pgcache.drift AS d WHERE d.cache = w.cache AND d.key = w.key AND d.resolved_at IS NULL);
    GET DIAGNOSTICS v_writes = ROW_COUNT;
    RETURN v_drifts + v_runs + v_writes;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.purge(interval) IS
    'Deletes closed drifts, runs and writes by hand that are older; returns how many. What is open stays, with what explains it.';
REVOKE ALL ON FUNCTION pgcache.purge(interval) FROM PUBLIC;

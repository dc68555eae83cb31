-- The second step of a pass: apply the next drifts, in key order. Locks their target rows until the transaction ends, so the command
-- line calls it in small transactions. What it applies is the difference, so it is right however much was written since it was read.
-- Lock order: (1) the target table, as told in hold_target; (2) the cache's row, shared: this waits for a TRUNCATE that has not
-- committed, and keeps new ones waiting, since neither sees what the other does; (3) the target rows, each before the log of repairs is read.
CREATE OR REPLACE FUNCTION pgcache.reconcile_step(p_run bigint, p_cache text, p_limit integer) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_run pgcache.run;
    v_found record;
    v_done bigint := 0::bigint;
    v_corrected bigint := 0::bigint;
    v_applied boolean;
BEGIN
    PERFORM pgcache.hold_target(p_cache);
    PERFORM FROM pgcache.cache AS c WHERE c.name = p_cache FOR SHARE;
    SELECT r.* INTO v_run FROM pgcache.run AS r WHERE r.id = p_run AND r.cache = p_cache;
    FOR v_found IN
        SELECT f.ordinal, f.key, f.cached, f.computed
          FROM pgcache.found AS f
         WHERE f.cache = p_cache AND f.ordinal > v_run.position AND f.ordinal <= v_run.position + p_limit
         ORDER BY f.ordinal
    LOOP
        EXECUTE format('SELECT pgcache.%I($1, $2, $3)', p_cache || '_correct')
           INTO v_applied
          USING v_found.key, pgcache.subtract(v_found.computed, v_found.cached), v_run.snapshot;
        v_done := v_done + 1;
        v_corrected := v_corrected + v_applied::integer;
        IF v_run.logged THEN
            UPDATE pgcache.drift AS d
               SET status = CASE WHEN v_applied THEN 'corrected' ELSE 'superseded' END,
                   resolved_at = clock_timestamp(), resolved_by = session_user
             WHERE d.cache = p_cache AND d.key = v_found.key AND d.resolved_at IS NULL;
        END IF;
    END LOOP;
    UPDATE pgcache.run AS r
       SET position = r.position + v_done, corrected = r.corrected + v_corrected
     WHERE r.id = p_run AND r.cache = p_cache;
    RETURN v_done;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.reconcile_step(bigint, text, integer) IS
    'Corrects the next drifted keys of a pass and returns how many it dealt with; 0 when there are none left.';
REVOKE ALL ON FUNCTION pgcache.reconcile_step(bigint, text, integer) FROM PUBLIC;

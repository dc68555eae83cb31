-- A whole pass in the calling transaction: its target rows stay locked until that ends. The command pgcache reconcile does the same in
-- small transactions. Locks as told in hold_declaration, reconcile_begin and reconcile_step, in this order.
CREATE OR REPLACE FUNCTION pgcache.reconcile(
    p_cache text, p_threshold numeric DEFAULT NULL, p_action text DEFAULT NULL, p_relative_threshold numeric DEFAULT NULL,
    p_max_corrections text DEFAULT NULL
)
    RETURNS TABLE (run_id bigint, cache text, checked bigint, drifted bigint, over_threshold bigint, corrected bigint,
                   pending_review bigint, max_abs_drift numeric, seconds numeric)
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_run bigint := nextval('pgcache.run_id');
BEGIN
    PERFORM pgcache.hold_declaration(p_cache);
    PERFORM pgcache.refresh(p_cache);
    PERFORM pgcache.reconcile_begin(v_run, p_cache, 'reconcile', p_threshold, p_action, p_relative_threshold, p_max_corrections);
    IF (SELECT r.action = 'correct' AND NOT r.held FROM pgcache.run AS r WHERE r.id = v_run AND r.cache = p_cache) THEN
        WHILE pgcache.reconcile_step(v_run, p_cache, 10000) > 0 LOOP
        END LOOP;
    END IF;
    RETURN QUERY
    SELECT r.id, r.cache, r.checked, r.drifted, r.over_threshold, r.corrected, r.pending_review, r.max_abs_drift,
           round(extract(epoch FROM r.finished_at - r.started_at)::numeric, 3)
      FROM pgcache.reconcile_end(v_run, p_cache) AS r;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.reconcile(text, numeric, text, numeric, text) IS
    'Looks at every key of a cache, logs each drift in pgcache.drift and acts on it: correct, review or alert (default: as declared). Corrects nothing where more keys drifted than p_max_corrections ("100", or "5%" of them).';
REVOKE ALL ON FUNCTION pgcache.reconcile(text, numeric, text, numeric, text) FROM PUBLIC;

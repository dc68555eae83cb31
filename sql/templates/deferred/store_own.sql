-- Computes some keys in a fresh snapshot and stores their figures: null where there are none. Its callers hold the lock of the refresh, so
-- that nobody stores newer figures meanwhile. Locks: the target rows, FOR NO KEY UPDATE in ascending key order, before the
-- figures are read. A row says when its figures were read, not when they were stored.
CREATE OR REPLACE FUNCTION __function__(__parameters__ record) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_at timestamptz;
    v_outer text := coalesce(current_setting('pgcache.maintaining', true), '');
BEGIN
    PERFORM FROM __target__ AS __alias__ JOIN unnest(__arrays__) AS k(__keys__) ON __match_asked__
      ORDER BY __asked_keys__
        FOR NO KEY UPDATE OF __alias__;
    v_at := clock_timestamp();
    PERFORM set_config('pgcache.maintaining', pg_trigger_depth()::text, true);
    UPDATE __target__ AS __alias__
       SET (__measures__) = ROW(__computed_values__)
      FROM (SELECT __asked_keys__, __figures__, count(*) OVER (PARTITION BY __asked_keys__) AS times
              FROM unnest(__arrays__) AS k(__keys__)
              LEFT JOIN __compute__(__arrays__) AS q ON __match_computed__) AS c
     WHERE __match_target__ AND (c.times = 1 OR pgcache.raise_ambiguous(__cache__, __key_json__));
    PERFORM set_config('pgcache.maintaining', v_outer, true);
    RETURN cardinality(p_key_1)::bigint;
END
$pgcache$;
COMMENT ON FUNCTION __function__(__types__) IS __comment__;
REVOKE ALL ON FUNCTION __function__(__types__) FROM PUBLIC;

-- Lock order: (1) the target table, as told in hold_target; (2) the target row (FOR NO KEY UPDATE, taken by the cache's own function, which
-- sums in a fresh statement, and stores).
CREATE OR REPLACE FUNCTION pgcache.recompute(p_cache text, VARIADIC p_key text[])
    RETURNS TABLE (measure text, value numeric)
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache := pgcache.hold_target(p_cache);
    v_values numeric[];
BEGIN
    IF cardinality(p_key) <> cardinality(v_cache.key_columns) THEN
        RAISE EXCEPTION 'the key of cache "%" has % column(s), but % value(s) were given',
            p_cache, cardinality(v_cache.key_columns), cardinality(p_key)
            USING ERRCODE = 'PC002',
                  DETAIL = format('Its key: %s.', array_to_string(v_cache.key_columns, ', ')),
                  HINT = 'Give one value for each key column, in this order.';
    END IF;
    EXECUTE format('SELECT pgcache.%I($1)', p_cache || '_recompute')
       INTO v_values
      USING jsonb_object(v_cache.key_columns, p_key);
    -- When a row is due is no figure of its key.
    RETURN QUERY SELECT m.measure, m.value FROM unnest(v_cache.measures[:cardinality(v_values)], v_values) AS m(measure, value);
END
$pgcache$;
COMMENT ON FUNCTION pgcache.recompute(text, text[]) IS
    'Makes one key of a cache exact again and returns its measures; a correction is logged in pgcache.drift.';
REVOKE ALL ON FUNCTION pgcache.recompute(text, text[]) FROM PUBLIC;

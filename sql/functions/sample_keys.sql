-- Reads the target once, and no source. Locks nothing; works on a standby.
CREATE OR REPLACE FUNCTION pgcache.sample_keys(p_cache text, p_percent numeric)
    RETURNS SETOF jsonb
    LANGUAGE plpgsql
    VOLATILE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache := pgcache.find_cache(p_cache);
    v_columns text := (SELECT string_agg(format('t.%I', k.name), ', ' ORDER BY k.position)
                         FROM unnest(v_cache.key_columns) WITH ORDINALITY AS k(name, position));
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT pgcache.%1$I(%2$s) FROM %3$s AS t TABLESAMPLE BERNOULLI ($1) WHERE ROW(%2$s) IS NOT NULL ORDER BY %2$s',
        p_cache || '_key', v_columns, v_cache.target)
        USING p_percent;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.sample_keys(text, numeric) IS
    'Keys of a cache, each with a chance of so many percent, in their order.';
REVOKE ALL ON FUNCTION pgcache.sample_keys(text, numeric) FROM PUBLIC;

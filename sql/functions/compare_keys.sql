-- Reads only, in one snapshot, without a lock on any row. Locks as told in hold_declaration. Works on a standby.
CREATE OR REPLACE FUNCTION pgcache.compare_keys(p_cache text, p_keys jsonb[])
    RETURNS TABLE (key jsonb, measure text, cached numeric, computed numeric, drift numeric)
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache := pgcache.hold_declaration(p_cache);
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT f.key, m.measure, m.cached, m.computed, coalesce(m.computed, 0) - coalesce(m.cached, 0)
           FROM pgcache.%I($2) AS f
          CROSS JOIN LATERAL unnest($1, f.cached, f.computed) AS m(measure, cached, computed)
          WHERE m.cached IS DISTINCT FROM m.computed
          ORDER BY f.ordinal', p_cache || '_compare_keys')
        USING v_cache.measures, p_keys;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.compare_keys(text, jsonb[]) IS
    'Those of some keys of a cache that differ from their history now, by measure; writes nothing.';
REVOKE ALL ON FUNCTION pgcache.compare_keys(text, jsonb[]) FROM PUBLIC;

-- Locks: one refresh of a cache at a time (an advisory lock until the transaction ends), then the target rows of the marked keys, in
-- ascending key order as in every other statement. Marks are deleted before their keys are recomputed: a mark that comes later
-- is not seen, and stays.
CREATE OR REPLACE FUNCTION pgcache.refresh(p_cache text) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache := pgcache.find_cache(p_cache);
    v_order text := (
        SELECT string_agg(format('(s.key ->> %L)::%s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY k.position)
          FROM unnest(v_cache.key_columns) WITH ORDINALITY AS k(name, position)
          JOIN pg_attribute AS a ON a.attrelid = to_regclass(v_cache.target) AND a.attname = k.name);
    v_key jsonb;
    v_count bigint := 0::bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('pgcache refresh ' || p_cache), 0);
    FOR v_key IN
        EXECUTE format(
            'WITH seen AS (DELETE FROM pgcache.dirty AS d WHERE d.cache = $1 RETURNING d.key)
             SELECT s.key FROM (SELECT DISTINCT seen.key FROM seen) AS s ORDER BY %s', v_order)
        USING p_cache
    LOOP
        BEGIN
            EXECUTE format('SELECT pgcache.%I($1)', p_cache || '_recompute') USING v_key;
            v_count := v_count + 1;
        EXCEPTION WHEN SQLSTATE 'PC003' THEN
            NULL; -- the target row is gone, and the mark with it
        END;
    END LOOP;
    RETURN v_count;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.refresh(text) IS 'Recomputes the keys of a cache that are marked dirty, and returns how many there were.';
REVOKE ALL ON FUNCTION pgcache.refresh(text) FROM PUBLIC;

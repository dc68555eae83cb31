-- One batch of the refresh of a cache that is not deferred: recomputes the keys that were marked since their writer could not see every row.
-- Locks: its caller keeps other refreshes of the cache away; the target rows of the marked keys, in ascending key order as in every other
-- statement. Marks are deleted before their keys are recomputed: one that comes later is not seen, and stays.
CREATE OR REPLACE FUNCTION pgcache.recompute_marked(p_cache text, p_limit integer)
    RETURNS TABLE (marks bigint, refreshed bigint, failed bigint)
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_cache pgcache.cache := pgcache.find_cache(p_cache);
    v_order text := (
        SELECT string_agg(format('(s.key ->> %L)::%s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY k.position)
          FROM unnest(v_cache.key_columns) WITH ORDINALITY AS k(name, position)
          JOIN pg_attribute AS a ON a.attrelid = to_regclass(v_cache.target) AND a.attname = k.name);
    v_mark record;
BEGIN
    marks := 0;
    refreshed := 0;
    failed := 0;
    FOR v_mark IN
        EXECUTE format(
            'WITH seen AS (
                 DELETE FROM pgcache.dirty AS d
                  WHERE d.id IN (SELECT o.id FROM pgcache.dirty AS o WHERE o.cache = $1 AND o.error IS NULL ORDER BY o.id LIMIT $2)
                 RETURNING d.key, d.marked_at)
             SELECT s.key, s.marked_at, s.times
               FROM (SELECT seen.key, min(seen.marked_at) AS marked_at, count(*) AS times FROM seen GROUP BY seen.key) AS s
              ORDER BY %s', v_order)
        USING p_cache, p_limit
    LOOP
        marks := marks + v_mark.times;
        BEGIN
            EXECUTE format('SELECT pgcache.%I($1)', p_cache || '_recompute') USING v_mark.key;
            refreshed := refreshed + 1;
        EXCEPTION
            WHEN SQLSTATE 'PC003' THEN
                NULL; -- the target row is gone, and the mark with it
            WHEN OTHERS THEN
                IF NOT pgcache.fails_one_key(SQLSTATE) THEN
                    RAISE;
                END IF;
                INSERT INTO pgcache.dirty (cache, key, marked_at, error)
                VALUES (p_cache, v_mark.key, v_mark.marked_at, format('%s (%s)', SQLERRM, SQLSTATE));
                failed := failed + 1;
        END;
    END LOOP;
    RETURN NEXT;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.recompute_marked(text, integer) IS 'Recomputes the keys of the oldest marks of a cache that is not deferred.';
REVOKE ALL ON FUNCTION pgcache.recompute_marked(text, integer) FROM PUBLIC;

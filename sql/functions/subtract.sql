-- Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.subtract(p_computed numeric[], p_cached numeric[]) RETURNS numeric[]
    LANGUAGE sql
    IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT array_agg(coalesce(m.computed, 0) - coalesce(m.cached, 0) ORDER BY m.position)
      FROM unnest(p_computed, p_cached) WITH ORDINALITY AS m(computed, cached, position)
$pgcache$;
COMMENT ON FUNCTION pgcache.subtract(numeric[], numeric[]) IS 'The drift of each measure: computed - cached, where a null counts as 0.';
REVOKE ALL ON FUNCTION pgcache.subtract(numeric[], numeric[]) FROM PUBLIC;

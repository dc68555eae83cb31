-- Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.add(p_left numeric[], p_right numeric[]) RETURNS numeric[]
    LANGUAGE sql
    IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT array_agg(coalesce(m.l, 0) + coalesce(m.r, 0) ORDER BY m.position)
      FROM unnest(p_left, p_right) WITH ORDINALITY AS m(l, r, position)
$pgcache$;
COMMENT ON FUNCTION pgcache.add(numeric[], numeric[]) IS 'The sum of each measure; a null counts as 0.';
REVOKE ALL ON FUNCTION pgcache.add(numeric[], numeric[]) FROM PUBLIC;

-- Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.raise_guarded(p_cache text, p_key jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
BEGIN
    RAISE EXCEPTION 'cache "%" is kept by pgcache: its value cannot be written by hand', p_cache
        USING ERRCODE = 'PC004',
              DETAIL = format('Key: %s.', p_key),
              HINT = format('Leave the column out of the statement; pgcache recompute %s KEY makes it exact.', p_cache);
END
$pgcache$;
COMMENT ON FUNCTION pgcache.raise_guarded(text, jsonb) IS 'Raises PC004.';
REVOKE ALL ON FUNCTION pgcache.raise_guarded(text, jsonb) FROM PUBLIC;

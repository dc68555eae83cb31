-- Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.raise_ambiguous(p_cache text, p_key jsonb) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
BEGIN
    RAISE EXCEPTION 'the query of cache "%" gives several rows for one key', p_cache
        USING ERRCODE = '21000',
              DETAIL = format('Key: %s.', p_key),
              HINT = 'Group the query by the key.';
END
$pgcache$;
COMMENT ON FUNCTION pgcache.raise_ambiguous(text, jsonb) IS 'Raises 21000.';
REVOKE ALL ON FUNCTION pgcache.raise_ambiguous(text, jsonb) FROM PUBLIC;

-- Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.raise_missing_key(p_cache text, p_key jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
BEGIN
    RAISE EXCEPTION 'cache "%" has no row with this key', p_cache
        USING ERRCODE = 'PC003',
              DETAIL = format('Key: %s.', p_key),
              HINT = format('See pgcache.%I for the keys that there are.', p_cache);
END
$pgcache$;
COMMENT ON FUNCTION pgcache.raise_missing_key(text, jsonb) IS 'Raises PC003.';
REVOKE ALL ON FUNCTION pgcache.raise_missing_key(text, jsonb) FROM PUBLIC;

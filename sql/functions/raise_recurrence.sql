-- Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.raise_recurrence(p_cache text, p_key jsonb, p_recurrence text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
BEGIN
    RAISE EXCEPTION 'cache "%" cannot be rolled over: "%" is not a recurrence', p_cache, p_recurrence
        USING ERRCODE = 'PC006',
              DETAIL = format('Key: %s.', p_key),
              HINT = 'Store weekly, monthly or yearly, or null for a period that does not recur.';
END
$pgcache$;
COMMENT ON FUNCTION pgcache.raise_recurrence(text, jsonb, text) IS 'Raises PC006.';
REVOKE ALL ON FUNCTION pgcache.raise_recurrence(text, jsonb, text) FROM PUBLIC;

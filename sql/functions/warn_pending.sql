-- Tells of deltas that could not be folded; they stay pending, and count at reading. Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.warn_pending(p_cache text, p_key jsonb, p_error text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
BEGIN
    RAISE WARNING 'cache "%": what is pending for % could not be folded: %', p_cache, p_key, p_error
        USING ERRCODE = 'PC010',
              DETAIL = 'It stays pending, and counts at reading.',
              HINT = 'Mend what the message says, then run pgcache fold.';
END
$pgcache$;
COMMENT ON FUNCTION pgcache.warn_pending(text, jsonb, text) IS 'Warns of deltas that could not be folded.';
REVOKE ALL ON FUNCTION pgcache.warn_pending(text, jsonb, text) FROM PUBLIC;

-- Called by the guard of a cache whose guard is "log". Inserts; waits for nobody.
CREATE OR REPLACE FUNCTION pgcache.log_write(p_cache text, p_key jsonb, p_event text, p_cached numeric[], p_written numeric[])
    RETURNS void
    LANGUAGE sql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    INSERT INTO pgcache.write (cache, key, event, cached, written)
    VALUES (p_cache, p_key, p_event, p_cached, p_written)
$pgcache$;
COMMENT ON FUNCTION pgcache.log_write(text, jsonb, text, numeric[], numeric[]) IS
    'Records a value that was written by hand into a cached column, and who wrote it.';
REVOKE ALL ON FUNCTION pgcache.log_write(text, jsonb, text, numeric[], numeric[]) FROM PUBLIC;

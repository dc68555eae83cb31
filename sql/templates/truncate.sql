-- TRUNCATE of a source or a mapping: makes every key of the cache exact again. AFTER, and by comparing, since one TRUNCATE may empty
-- several of its tables at once. Locks as told in pgcache.resync.
CREATE OR REPLACE FUNCTION __function__() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
BEGIN
    PERFORM pgcache.resync(__cache__);
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

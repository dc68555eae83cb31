-- TRUNCATE of a source, or of a table between it and the key: one mark for every key. Tells a reconcile whose
-- snapshot is older that what it finds is no drift. Appends, and waits for nobody.
CREATE OR REPLACE FUNCTION __function__() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
BEGIN
    INSERT INTO __dirty__ DEFAULT VALUES;
    INSERT INTO pgcache.repair (cache) VALUES (__cache__);
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

-- A row of the target is gone, or has another key. What was known of it does not hold for a row that comes back under the key: a pass
-- that has read its drift must not apply that to the new row, which is exact. In mode nowait, what is pending under its old key is
-- forgotten where no row is left that refers to it, and what REPEATABLE READ and above cannot see is marked dirty.
-- Locks nothing but what it deletes.
CREATE OR REPLACE FUNCTION __function__() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off -- a plan may have been made while nothing was pending, and last
AS $pgcache$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO pgcache.repair (cache) VALUES (__cache__);
        RETURN NULL;
    END IF;
    INSERT INTO pgcache.repair (cache, key) VALUES (__cache__, __old_key__);
    PERFORM __forget__;
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

-- A row of the target is gone, or has another key: what is pending under its old key is forgotten, since no row is left that refers to
-- it. Locks nothing but what it deletes. What REPEATABLE READ and above cannot see is marked dirty.
CREATE OR REPLACE FUNCTION __function__() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off -- a plan may have been made while nothing was pending, and last
AS $pgcache$
BEGIN
    PERFORM __forget__;
    PERFORM pgcache.mark_unseen(__cache__, __old_key__);
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

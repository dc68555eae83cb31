-- Fires AFTER a statement where row triggers did the work: the counterpart of statement_opens. Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.statement_closes() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
BEGIN
    PERFORM pgcache.meets_other(TG_ARGV[0], TG_ARGV[1], true);
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.statement_closes() IS
    'Notes that a statement on a source or a mapping is done; arguments: the setting, and "s" or "m".';
REVOKE ALL ON FUNCTION pgcache.statement_closes() FROM PUBLIC;

-- Fires BEFORE a statement on a source ('s') or a mapping ('m') of a cache, and notes in a setting that its rows may be written
-- while its AFTER trigger has not yet fired. Locks nothing; a rollback takes the note back.
CREATE OR REPLACE FUNCTION pgcache.statement_opens() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_open text := coalesce(current_setting(TG_ARGV[0], true), '');
BEGIN
    -- Assigned, since a PERFORM would go through the executor.
    v_open := set_config(TG_ARGV[0], v_open || TG_ARGV[1], true);
    RETURN NULL;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.statement_opens() IS
    'Notes that a statement on a source or a mapping is under way; arguments: the setting, and "s" or "m".';

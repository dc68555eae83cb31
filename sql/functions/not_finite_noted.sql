-- Asked only where there is a note in this transaction. Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.not_finite_noted() RETURNS boolean
    LANGUAGE sql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT current_setting('pgcache.not_finite') = extract(epoch FROM statement_timestamp())::text
$pgcache$;
COMMENT ON FUNCTION pgcache.not_finite_noted() IS 'Whether the client''s command has recomputed a key since something was not finite.';
REVOKE ALL ON FUNCTION pgcache.not_finite_noted() FROM PUBLIC;

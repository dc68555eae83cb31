-- What is not finite (NaN, infinity) cannot be taken off again, so its key is recomputed. By then all rows of the whole query are written:
-- other statements of it, in WITH, or other rows, where triggers are for rows, have yet to add their differences. The note makes
-- them recompute too, and whatever else the client's command does to a cache. A rollback takes it back. Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.note_not_finite() RETURNS boolean
    LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT set_config('pgcache.not_finite', extract(epoch FROM statement_timestamp())::text, true) IS NOT NULL
$pgcache$;
COMMENT ON FUNCTION pgcache.note_not_finite() IS 'Notes that a key is recomputed since something was not finite; always true.';
REVOKE ALL ON FUNCTION pgcache.note_not_finite() FROM PUBLIC;

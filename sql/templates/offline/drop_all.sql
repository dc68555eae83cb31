-- Drops every object that pgcache made; the cached columns stay as they are.
DO $pgcache$
BEGIN
    PERFORM __drop_objects__;
END
$pgcache$;

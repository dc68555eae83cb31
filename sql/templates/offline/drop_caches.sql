-- Drops caches. The history of their runs and drifts stays; the cached columns stay as they are.
DO $pgcache$
DECLARE
    v_doomed text[] := ARRAY(SELECT c.name FROM pgcache.cache AS c WHERE __doomed_caches__);
BEGIN
    PERFORM __drop_objects__;
    DELETE FROM pgcache.cache AS c WHERE c.name = ANY (v_doomed);
    DELETE FROM pgcache.slot AS s WHERE s.cache = ANY (v_doomed);
    DELETE FROM pgcache.dirty AS d WHERE d.cache = ANY (v_doomed);
    DELETE FROM pgcache.repair AS r WHERE r.cache = ANY (v_doomed);
END
$pgcache$;

-- Makes a cache anew, unless the database holds all of its objects as they are declared and were made.
DO $pgcache$
BEGIN
    IF EXISTS (
        SELECT FROM pgcache.object AS o
         WHERE o.cache = __cache__
        HAVING encode(sha256(convert_to(string_agg(o.declared, '' ORDER BY o.declared COLLATE "C"), 'UTF8')), 'hex') = __digest__
           AND bool_and(pgcache.object_text(o.kind, o.name, o.relation) IS NOT DISTINCT FROM o.installed))
    THEN
        RETURN;
    END IF;
    PERFORM __drop_objects__;
    EXECUTE __statements__;
END
$pgcache$;

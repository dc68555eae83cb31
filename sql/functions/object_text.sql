-- What the database holds of one object, to be compared with what it held when pgcache made it.
-- Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.object_text(p_kind text, p_name text, p_relation text) RETURNS text
    LANGUAGE sql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT CASE p_kind
        WHEN 'function' THEN
            pg_get_functiondef(CASE WHEN p_name LIKE '%)' THEN to_regprocedure(p_name)::oid ELSE to_regproc(p_name)::oid END)
        WHEN 'table' THEN
            to_regclass(p_name)::text
        WHEN 'view' THEN
            pg_get_viewdef(to_regclass(p_name)::oid)
        WHEN 'trigger' THEN
            (SELECT pg_get_triggerdef(g.oid) || ' -- ' || g.tgenabled::text
               FROM pg_trigger AS g
              WHERE g.tgrelid = to_regclass(p_relation)
                AND g.tgname = p_name
                AND NOT g.tgisinternal)
    END
$pgcache$;
COMMENT ON FUNCTION pgcache.object_text(text, text, text) IS
    'The text of a function, table, view or trigger as the database holds it now; null where it is missing.';

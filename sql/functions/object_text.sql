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
            (SELECT coalesce(string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum), 'no columns')
               FROM pg_class AS k
               LEFT JOIN pg_attribute AS a ON a.attrelid = k.oid AND a.attnum > 0 AND NOT a.attisdropped
              WHERE k.oid = to_regclass(p_name)
             HAVING count(k.oid) > 0)
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

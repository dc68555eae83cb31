-- Remembers an object that was just made. Locks its row in pgcache.object, which migrate alone writes.
CREATE OR REPLACE FUNCTION pgcache.record_object(
    p_kind text, p_name text, p_relation text, p_cache text, p_position integer, p_shape text, p_declared text
) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    INSERT INTO pgcache.object AS o (kind, name, relation, cache, position, shape, declared, installed)
    VALUES (p_kind, p_name, p_relation, p_cache, p_position, p_shape, p_declared,
            pgcache.object_text(p_kind, p_name, p_relation))
    ON CONFLICT (kind, name, relation) DO UPDATE
        SET cache = excluded.cache,
            position = excluded.position,
            shape = excluded.shape,
            declared = excluded.declared,
            installed = excluded.installed
$pgcache$;
COMMENT ON FUNCTION pgcache.record_object(text, text, text, text, integer, text, text) IS
    'Remembers what was declared of an object and what the database made of it.';

-- What a pass keeps beside its figures, so that the cause of a drift can be told when it is too late to look: in which database it ran;
-- which of the cache's objects were not as they had been made; and a digest of the files in which the sources lie, which TRUNCATE and
-- whatever rewrites a table replace. A trigger that is as it was made, but was written since by another transaction than the one which
-- recorded it, was altered and put back: disabled and enabled, say. Before PostgreSQL 16, to_regclass fails on what is no name, so it is
-- not asked of functions, which have no relation. Reads catalogs only; locks nothing.
CREATE OR REPLACE FUNCTION pgcache.witness(p_cache text) RETURNS jsonb
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache := pgcache.find_cache(p_cache);
    v_server text;
    v_objects jsonb;
    v_files jsonb;
    v_uncovered jsonb;
BEGIN
    BEGIN
        SELECT s.system_identifier::text INTO v_server FROM pg_control_system() AS s;
    EXCEPTION WHEN insufficient_privilege OR undefined_function OR feature_not_supported THEN
        NULL; -- a managed server may keep it to itself
    END;

    -- What no other transaction has written since it was recorded is as it was: only of the rest is the text asked for.
    WITH touched AS MATERIALIZED (
        SELECT o.kind, o.name, o.relation, o.position, o.installed, coalesce(g.xmin, p.xmin) AS xid, g.tgenabled
          FROM pgcache.object AS o
          LEFT JOIN pg_trigger AS g
            ON o.kind = 'trigger' AND g.tgrelid = to_regclass(nullif(o.relation, '')) AND g.tgname = o.name AND NOT g.tgisinternal
          LEFT JOIN pg_proc AS p ON p.oid = CASE WHEN o.kind = 'function' THEN to_regprocedure(o.name) END -- before PostgreSQL 16 others raise
         WHERE o.cache = p_cache AND o.kind IN ('function', 'trigger')
           AND coalesce(g.xmin, p.xmin) IS DISTINCT FROM o.xmin
    ), judged AS (
        SELECT t.position, concat_ws(' ', t.kind, t.name, 'on ' || nullif(t.relation, '')) AS label, t.xid,
               CASE WHEN c.current IS NULL THEN 'missing'
                    WHEN c.current <> t.installed AND t.tgenabled = 'D' THEN 'disabled'
                    WHEN c.current <> t.installed AND t.tgenabled = 'R' THEN 'enabled for replicas alone'
                    WHEN c.current <> t.installed THEN 'replaced'
                    WHEN t.kind = 'trigger' THEN 'altered'
               END AS state
          FROM touched AS t
         CROSS JOIN LATERAL pgcache.object_text(t.kind, t.name, t.relation) AS c(current)
    )
    SELECT jsonb_agg(jsonb_build_object('object', j.label, 'state', j.state, 'xid', pgcache.full_xid(j.xid)::text) ORDER BY j.position)
      INTO v_objects
      FROM judged AS j
     WHERE j.state IS NOT NULL;

    WITH RECURSIVE below AS (
        SELECT s.relation, to_regclass(s.relation)::oid AS oid FROM unnest(v_cache.sources) AS s(relation)
         UNION
        SELECT b.relation, i.inhrelid FROM below AS b JOIN pg_inherits AS i ON i.inhparent = b.oid
    ), functions AS (
        SELECT to_regprocedure(o.name)::oid AS oid FROM pgcache.object AS o WHERE o.cache = p_cache AND o.kind = 'function'
    )
    SELECT (SELECT jsonb_object_agg(f.relation, f.digest)
              FROM (SELECT b.relation, md5(string_agg(format('%s:%s', k.oid, k.relfilenode), ',' ORDER BY k.oid)) AS digest
                      FROM below AS b JOIN pg_class AS k ON k.oid = b.oid
                     GROUP BY b.relation) AS f),
           (SELECT jsonb_agg(jsonb_build_object('object', 'table ' || b.oid::regclass::text, 'state', 'without triggers') ORDER BY b.oid)
              FROM below AS b
             WHERE NOT EXISTS (SELECT FROM pg_trigger AS g WHERE g.tgrelid = b.oid AND g.tgfoid IN (SELECT f.oid FROM functions AS f)))
      INTO v_files, v_uncovered;

    RETURN jsonb_build_object(
        'server', v_server,
        'database', (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database()),
        'objects', coalesce(v_objects, '[]') || coalesce(v_uncovered, '[]'),
        'files', v_files);
END
$pgcache$;
COMMENT ON FUNCTION pgcache.witness(text) IS 'What can make drift in a cache, as the catalogs show it now.';
REVOKE ALL ON FUNCTION pgcache.witness(text) FROM PUBLIC;

-- Every recorded object, with the text that the database holds of it now, and what was granted on it to others than its owner.
-- Before PostgreSQL 16 to_regclass and its like fail on what is no name of theirs, so each is asked for its own kind alone.
SELECT o.kind, o.name, o.relation, o.cache, o.position, o.shape, o.declared, o.installed,
       pgcache.object_text(o.kind, o.name, o.relation) AS current,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('privilege', a.privilege_type, 'grantee', g.rolname, 'grantable', a.is_grantable)
                                  ORDER BY g.rolname NULLS FIRST, a.privilege_type), '[]')
          FROM (SELECT p.proacl, p.proowner FROM pg_proc AS p
                 WHERE p.oid = CASE WHEN o.kind <> 'function' THEN NULL
                                    WHEN o.name LIKE '%)' THEN to_regprocedure(o.name)::oid
                                    ELSE to_regproc(o.name)::oid END
                 UNION ALL
                SELECT k.relacl, k.relowner FROM pg_class AS k
                 WHERE k.oid = CASE WHEN o.kind IN ('table', 'view') THEN to_regclass(o.name) END) AS x(acl, owner)
         CROSS JOIN LATERAL aclexplode(x.acl) AS a
          LEFT JOIN pg_roles AS g ON g.oid = a.grantee
         WHERE a.grantee <> x.owner AND (a.grantee = 0 OR g.oid IS NOT NULL)) AS grants
  FROM pgcache.object AS o
 ORDER BY o.position

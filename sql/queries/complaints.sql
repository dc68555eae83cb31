-- What can make or hide drift and does not show in a plan, each with the command that mends it.
WITH related AS (
    SELECT c.name AS cache, c.target AS relation, true AS is_target FROM pgcache.cache AS c
    UNION
    SELECT c.name, s.relation, false FROM pgcache.cache AS c CROSS JOIN LATERAL unnest(c.sources) AS s(relation)
), owned AS (
    SELECT r.cache, r.relation, r.is_target, k.oid AS relation_oid, k.relowner, k.relrowsecurity, k.relforcerowsecurity,
           o.oid AS role_oid, quote_ident(o.rolname) AS role, o.rolsuper OR o.rolbypassrls AS sees_all
      FROM related AS r
      JOIN pg_class AS k ON k.oid = to_regclass(r.relation)
      JOIN pg_proc AS p ON p.oid = to_regprocedure(format('pgcache.%I()', r.cache || '_compare'))
      JOIN pg_roles AS o ON o.oid = p.proowner
)
SELECT format('the %s of cache %s that began at %s was interrupted', r.kind, r.cache, r.started_at) AS what,
       format('pgcache reconcile --cache %s', r.cache) AS mend
  FROM pgcache.run AS r
  JOIN pgcache.cache AS c ON c.name = r.cache
 WHERE r.finished_at IS NULL AND r.kind <> 'refresh' -- of which the marks tell what is left
   AND NOT EXISTS (SELECT FROM pgcache.run AS l WHERE l.cache = r.cache AND l.finished_at IS NOT NULL AND l.started_at > r.started_at)
   AND NOT EXISTS (SELECT FROM pg_locks AS k
                    WHERE k.locktype = 'advisory'
                      AND k.classid::bigint = (hashtext('pgcache pass ' || r.cache)::bigint & 4294967295) AND k.objid = 0)
UNION ALL
SELECT format('%s key(s) of cache %s are dirty, the oldest since %s', count(*), d.cache, min(d.marked_at)),
       format('pgcache reconcile --cache %s', d.cache)
  FROM pgcache.dirty AS d
 GROUP BY d.cache
UNION ALL
SELECT format('%s key(s) of cache %s are stale, the oldest since %s: no refresh keeps up', s.dirty, c.name, s.oldest),
       format('pgcache refresh --cache %s, every %s', c.name, c.pace)
  FROM (SELECT k.name, coalesce(k.refresh_every, interval '2 minutes') AS pace FROM pgcache.cache AS k WHERE k.mode = 'deferred') AS c
 CROSS JOIN LATERAL pgcache.staleness(c.name) AS s
 WHERE s.oldest < clock_timestamp() - 3 * c.pace
UNION ALL
SELECT format('%s key(s) of cache %s could not be computed', s.failed, c.name),
       format('see SELECT * FROM pgcache.failures(%L)', c.name)
  FROM pgcache.cache AS c
 CROSS JOIN LATERAL pgcache.staleness(c.name) AS s
 WHERE s.failed > 0
UNION ALL
SELECT format('%s drift(s) of cache %s are open', count(*), d.cache), format('pgcache reconcile --cache %s', d.cache)
  FROM pgcache.drift AS d
 WHERE d.resolved_at IS NULL AND d.over_threshold AND d.status NOT IN ('rejected', 'pending_review')
 GROUP BY d.cache
UNION ALL
SELECT format('%s drift(s) of cache %s wait for somebody to approve or reject them', count(*), d.cache),
       format('pgcache drift list --cache %s --status pending_review', d.cache)
  FROM pgcache.drift AS d
 WHERE d.status = 'pending_review'
 GROUP BY d.cache
UNION ALL
SELECT DISTINCT format('table %s is unlogged: a crash of the server empties it, and no trigger sees that', r.relation),
       format('ALTER TABLE %s SET LOGGED', r.relation)
  FROM related AS r
  JOIN pg_class AS k ON k.oid = to_regclass(r.relation) AND k.relpersistence = 'u'
UNION ALL
SELECT format('%s may write table %s, which pgcache keeps and does not guard', coalesce('role ' || quote_ident(g.rolname), 'everybody'), o.name),
       format('REVOKE %s ON %s FROM %s', string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type), o.name, coalesce(quote_ident(g.rolname), 'PUBLIC'))
  FROM pgcache.cache AS c
  JOIN pgcache.object AS o ON o.cache = c.name AND o.kind = 'table' AND o.name = c.target
  JOIN pg_class AS k ON k.oid = to_regclass(o.name)
 CROSS JOIN LATERAL aclexplode(k.relacl) AS a
  LEFT JOIN pg_roles AS g ON g.oid = a.grantee
 WHERE a.grantee <> k.relowner AND a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
 GROUP BY g.rolname, o.name
UNION ALL
SELECT format('subscription %s fills table %s of cache %s: logical replication fires row triggers alone', quote_ident(b.subname), r.relation, r.cache),
       format('declare triggers = "row" for cache %s, and run pgcache migrate', r.cache)
  FROM related AS r
  JOIN pg_subscription_rel AS s ON s.srrelid = to_regclass(r.relation)
  JOIN pg_subscription AS b ON b.oid = s.srsubid
 WHERE NOT r.is_target
   AND NOT EXISTS (SELECT FROM pgcache.object AS o
                     JOIN pg_trigger AS t ON t.tgname = o.name AND t.tgrelid = to_regclass(o.relation)
                    WHERE o.cache = r.cache AND o.kind = 'trigger' AND o.relation = r.relation AND t.tgenabled = 'A')
UNION ALL
SELECT format('sessions%s%s run with session_replication_role = %s, in which triggers do not fire',
              ' of role ' || r.rolname, ' in database ' || b.datname, split_part(s.setting, '=', 2)),
       CASE WHEN s.role IS NULL THEN format('ALTER DATABASE %I RESET session_replication_role', b.datname)
            WHEN s.database IS NULL THEN format('ALTER ROLE %I RESET session_replication_role', r.rolname)
            ELSE format('ALTER ROLE %I IN DATABASE %I RESET session_replication_role', r.rolname, b.datname)
       END
  FROM (SELECT nullif(g.setdatabase, 0) AS database, nullif(g.setrole, 0) AS role, u.setting
          FROM pg_db_role_setting AS g CROSS JOIN LATERAL unnest(g.setconfig) AS u(setting)) AS s
  LEFT JOIN pg_roles AS r ON r.oid = s.role
  LEFT JOIN pg_database AS b ON b.oid = s.database
 WHERE s.setting LIKE 'session\_replication\_role=%' AND s.setting <> 'session_replication_role=origin'
   AND (s.database IS NULL OR b.datname = current_database())
UNION ALL
SELECT format('the functions of cache %s belong to %s, which may not %s %s', o.cache, o.role, p.privilege, o.relation),
       format('GRANT %s ON %s TO %s', p.privilege, o.relation, o.role)
  FROM owned AS o
 CROSS JOIN (VALUES ('SELECT', false), ('UPDATE', true)) AS p(privilege, only_target)
 WHERE (o.is_target OR NOT p.only_target)
   AND NOT has_table_privilege(o.role_oid, o.relation_oid, p.privilege)
UNION ALL
SELECT format('the functions of cache %s belong to %s, from which row-level security hides rows of %s', o.cache, o.role, o.relation),
       format('ALTER ROLE %s BYPASSRLS', o.role)
  FROM owned AS o
 WHERE o.relrowsecurity AND NOT o.sees_all AND (o.relforcerowsecurity OR NOT pg_has_role(o.role_oid, o.relowner, 'USAGE'))
 ORDER BY 1

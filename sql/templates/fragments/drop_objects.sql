EXECUTE coalesce((
    SELECT string_agg(
               CASE o.kind
                   WHEN 'trigger' THEN format('DROP TRIGGER IF EXISTS %I ON %s', o.name, o.relation)
                   ELSE format('DROP %s IF EXISTS %s', o.kind, o.name)
               END, '; ' ORDER BY o.position DESC)
      FROM pgcache.object AS o
     WHERE __doomed__), 'SELECT');
DELETE FROM pgcache.object AS o WHERE __doomed__;

-- Without its triggers nobody writes to a cache; what is pending for it is folded then, before its tables go.
    EXECUTE coalesce((
        SELECT string_agg(format('DROP TRIGGER IF EXISTS %I ON %s', o.name, o.relation), '; ' ORDER BY o.position DESC)
          FROM pgcache.object AS o
         WHERE o.kind = 'trigger' AND __doomed__), 'SELECT');
    PERFORM pgcache.settle(c.cache) FROM (SELECT DISTINCT o.cache FROM pgcache.object AS o WHERE o.cache IS NOT NULL AND __doomed__) AS c;
    EXECUTE coalesce((
        SELECT string_agg(format('DROP %s IF EXISTS %s', o.kind, o.name), '; ' ORDER BY o.position DESC)
          FROM pgcache.object AS o
         WHERE o.kind <> 'trigger' AND __doomed__), 'SELECT');
    DELETE FROM pgcache.object AS o WHERE __doomed__;

INSERT INTO pgcache.cache AS c (name, target, key_columns, measures, mode, guard, threshold, action, sources, rollover, timeline)
VALUES (__name__, __target__, __key_columns__, __measures__, __mode__, __guard__, __threshold__, __action__, __sources__, __rollover__, __timeline__)
ON CONFLICT (name) DO UPDATE
    SET target = excluded.target, key_columns = excluded.key_columns, measures = excluded.measures, mode = excluded.mode,
        guard = excluded.guard, threshold = excluded.threshold, action = excluded.action, sources = excluded.sources,
        rollover = excluded.rollover, timeline = excluded.timeline, installed_at = now();

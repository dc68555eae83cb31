INSERT INTO pgcache.cache AS c (name, target, key_columns, measures, mode, guard, threshold, relative_threshold, action, max_corrections, sources, pending, rollover, timeline, refresh_every)
VALUES (__name__, __target__, __key_columns__, __measures__, __mode__, __guard__, __threshold__, __relative_threshold__, __action__, __max_corrections__, __sources__, __pending__, __rollover__, __timeline__, __refresh_every__)
ON CONFLICT (name) DO UPDATE
    SET target = excluded.target, key_columns = excluded.key_columns, measures = excluded.measures, mode = excluded.mode,
        guard = excluded.guard, threshold = excluded.threshold, relative_threshold = excluded.relative_threshold, action = excluded.action,
        max_corrections = excluded.max_corrections, sources = excluded.sources, pending = excluded.pending, rollover = excluded.rollover, timeline = excluded.timeline, refresh_every = excluded.refresh_every, installed_at = now();

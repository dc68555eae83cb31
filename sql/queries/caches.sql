-- to_regclass finds the target by the text that pgcache keeps of it.
SELECT c.name, c.target, n.nspname AS target_schema, k.relname AS target_name, c.key_columns, c.measures, c.mode, c.guard,
       c.threshold, c.relative_threshold, c.action, c.max_corrections, c.sources, c.pending, c.rollover, c.timeline,
       c.refresh_every, c.backfilled_at IS NULL AS due
  FROM pgcache.cache AS c
  LEFT JOIN pg_class AS k ON k.oid = to_regclass(c.target)
  LEFT JOIN pg_namespace AS n ON n.oid = k.relnamespace
 ORDER BY c.name

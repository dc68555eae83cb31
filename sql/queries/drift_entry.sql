-- Drift $1, with its place among the measures of its cache; the mode is null where the cache is installed no more.
SELECT d.*, d.written_in::text AS row_written_in, d.found_before::text AS later, c.mode, c.target, c.sources, array_position(c.measures, d.measure) AS number
  FROM pgcache.drift AS d
  LEFT JOIN pgcache.cache AS c ON c.name = d.cache
 WHERE d.id = $1::bigint

-- What was written by hand into measure number $3 of key $2 of cache $1, from $4 (null: ever) to $5.
SELECT w.event, w.cached[$3::integer] AS cached, w.written[$3::integer] AS written, w.written_at, w.written_by,
       w.application_name, w.client_addr::text AS client_addr, w.query
  FROM pgcache.write AS w
 WHERE w.cache = $1::text AND w.key = $2::jsonb
   AND w.written[$3::integer] IS DISTINCT FROM w.cached[$3::integer]
   AND ($4::timestamptz IS NULL OR w.written_at >= $4::timestamptz) AND w.written_at <= $5::timestamptz
 ORDER BY w.id

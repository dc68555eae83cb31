-- The transactions from $3 on, but before $4, that wrote rows which make up key $2 of cache $1, and what these add to its measure number $5.
SELECT c.relation::text AS source, c.written_in::text AS xid, count(*) AS rows, sum(c.added[$5::integer]) AS added,
       CASE WHEN current_setting('track_commit_timestamp')::boolean THEN pg_xact_commit_timestamp(c.written_in::xid) END AS committed_at
  FROM pgcache.contributions($1::text, $2::jsonb) AS c
 WHERE c.number > 0 AND c.written_in >= $3::text::xid8 AND c.written_in < $4::text::xid8
 GROUP BY c.relation, c.written_in
 ORDER BY c.written_in

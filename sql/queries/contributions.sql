-- The rows that make up key $2 of cache $1: the newest $4 of each source, of those that a transaction from $3 on (null: any) wrote.
SELECT c.relation::text AS source, c.content, c.added, c.written_in::text AS xid,
       CASE WHEN current_setting('track_commit_timestamp')::boolean THEN pg_xact_commit_timestamp(c.written_in::xid) END AS committed_at
  FROM (SELECT c.*, row_number() OVER (PARTITION BY c.number) AS place
          FROM pgcache.contributions($1::text, $2::jsonb) AS c
         WHERE c.number > 0 AND c.content IS NOT NULL AND ($3::text IS NULL OR c.written_in >= $3::text::xid8)) AS c
 WHERE c.place <= $4::integer
 ORDER BY c.number, c.place

-- The rows that make up key $2 of cache $1: the newest $4 of each source, of those that a transaction from $3 on (null: any) wrote, with how
-- many there are. A source without any is one row without content.
SELECT c.number, k.relname::text AS name, c.relation::text AS source, c.content::text AS content, c.written_in::text AS xid, c.total,
       (SELECT coalesce(string_agg(format('%s to %s', a.value, a.measure), ', ' ORDER BY a.position) FILTER (WHERE a.value <> 0),
                        string_agg(format('%s to %s', a.value, a.measure), ', ' ORDER BY a.position))
          FROM unnest(c.added, c.measures) WITH ORDINALITY AS a(value, measure, position)) AS adds,
       CASE WHEN current_setting('track_commit_timestamp')::boolean THEN pg_xact_commit_timestamp(c.written_in::xid) END AS committed_at
  FROM (SELECT r.*, n.measures, row_number() OVER (PARTITION BY r.number ORDER BY r.ordinal) AS place,
               count(r.content) OVER (PARTITION BY r.number) AS total
          FROM pgcache.find_cache($1::text) AS n
         CROSS JOIN pgcache.contributions($1::text, $2::jsonb) WITH ORDINALITY
            AS r(number, relation, content, added, written_in, ordinal)
         WHERE r.number > 0 AND ($3::text IS NULL OR r.written_in >= $3::text::xid8)) AS c
  JOIN pg_class AS k ON k.oid = c.relation
 WHERE c.place <= $4::integer
 ORDER BY c.number, c.place

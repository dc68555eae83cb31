-- Which of the privileges $2 the current user lacks on table $1.
SELECT coalesce(array_agg(p.privilege), '{}') AS privileges
  FROM unnest($2::text[]) AS p(privilege)
 WHERE NOT has_table_privilege($1::oid, p.privilege)

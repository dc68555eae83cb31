-- Which of the tables $1 a subscription of this database fills, whose apply worker fires no statement triggers.
SELECT DISTINCT p.subname::text AS subscription, s.relation
  FROM unnest($1::text[]) AS s(relation)
  JOIN pg_subscription_rel AS r ON r.srrelid = to_regclass(s.relation)
  JOIN pg_subscription AS p ON p.oid = r.srsubid
 ORDER BY 1, 2

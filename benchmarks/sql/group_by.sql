-- The least that a comparison must do. The sums are used, lest the planner leave them out.
SELECT sum(total)
  FROM (SELECT account_id, sum(CASE flow_type WHEN 'income' THEN amount ELSE -amount END) AS total
          FROM transaction
         WHERE deleted_at IS NULL
         GROUP BY account_id) AS t

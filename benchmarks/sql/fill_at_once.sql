UPDATE account
   SET cached_balance = opening_balance + total
  FROM (SELECT account_id, sum(CASE flow_type WHEN 'income' THEN amount ELSE -amount END) AS total
          FROM transaction
         WHERE deleted_at IS NULL
         GROUP BY account_id) AS t
 WHERE account.id = t.account_id

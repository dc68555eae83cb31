SELECT account.id, opening_balance + coalesce(total, 0)
  FROM account
  LEFT JOIN (SELECT account_id, sum(CASE flow_type WHEN 'income' THEN amount ELSE -amount END) AS total
               FROM transaction
              WHERE deleted_at IS NULL
              GROUP BY account_id) AS t ON t.account_id = account.id

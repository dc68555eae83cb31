-- Actual and projected, as one query of an application would ask for both.
SELECT opening_balance + coalesce(sum(s.signed) FILTER (WHERE s.status = 'paid'), 0),
       opening_balance + coalesce(sum(s.signed), 0)
  FROM account
  LEFT JOIN (SELECT account_id, status, CASE flow_type WHEN 'income' THEN amount ELSE -amount END AS signed
               FROM transaction WHERE deleted_at IS NULL AND date < %(after)s) AS s ON s.account_id = account.id
 WHERE account.id = %(account)s
 GROUP BY account.id

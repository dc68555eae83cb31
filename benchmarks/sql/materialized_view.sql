CREATE MATERIALIZED VIEW balances AS
SELECT account_id, sum(CASE flow_type WHEN 'income' THEN amount ELSE -amount END) AS balance
  FROM transaction
 WHERE deleted_at IS NULL
 GROUP BY account_id;
CREATE UNIQUE INDEX ON balances (account_id)

-- Its functions are in pg_catalog or in pgivm, depending on its version.
CREATE EXTENSION pg_ivm;
SET search_path = public, pgivm;
SELECT create_immv('balances', $$
SELECT account_id, sum(CASE flow_type WHEN 'income' THEN amount ELSE -amount END) AS balance
  FROM transaction
 WHERE deleted_at IS NULL
 GROUP BY account_id
$$);
RESET search_path

-- cash_drawer_money.amount = payments in - out + income - outcome of transactions that name it, of rows not soft-deleted.
WITH cached AS (
    SELECT id::text AS key, 'amount' AS measure, amount AS value
    FROM cash_drawer_money
),
computed AS (
    SELECT id::text AS key, 'amount' AS measure,
           coalesce((
               SELECT sum(amount) FROM payments
               WHERE payments.drawer_id = cash_drawer_money.id AND direction = 'in' AND deleted_at IS NULL
           ), 0)
           - coalesce((
               SELECT sum(amount) FROM payments
               WHERE payments.drawer_id = cash_drawer_money.id AND direction = 'out' AND deleted_at IS NULL
           ), 0)
           + coalesce((
               SELECT sum(amount) FROM transactions
               WHERE transactions.drawer_id = cash_drawer_money.id AND flow_type = 'income' AND deleted_at IS NULL
           ), 0)
           - coalesce((
               SELECT sum(amount) FROM transactions
               WHERE transactions.drawer_id = cash_drawer_money.id AND flow_type = 'outcome' AND deleted_at IS NULL
           ), 0) AS value
    FROM cash_drawer_money
)
SELECT key, measure, 'cached' AS side, value FROM (TABLE cached EXCEPT ALL TABLE computed) AS only_cached
UNION ALL
SELECT key, measure, 'computed', value FROM (TABLE computed EXCEPT ALL TABLE cached) AS only_computed
ORDER BY key, measure, side

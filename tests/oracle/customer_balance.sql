-- customers.balance = sales - payments in + payments out, of rows that are not soft-deleted.
WITH cached AS (
    SELECT id::text AS key, 'balance' AS measure, balance AS value
    FROM customers
),
computed AS (
    SELECT id::text AS key, 'balance' AS measure,
           coalesce((
               SELECT sum(total) FROM sales
               WHERE sales.customer_id = customers.id AND deleted_at IS NULL
           ), 0)
           - coalesce((
               SELECT sum(amount) FROM payments
               WHERE payments.customer_id = customers.id AND direction = 'in' AND deleted_at IS NULL
           ), 0)
           + coalesce((
               SELECT sum(amount) FROM payments
               WHERE payments.customer_id = customers.id AND direction = 'out' AND deleted_at IS NULL
           ), 0) AS value
    FROM customers
)
SELECT key, measure, 'cached' AS side, value FROM (TABLE cached EXCEPT ALL TABLE computed) AS only_cached
UNION ALL
SELECT key, measure, 'computed', value FROM (TABLE computed EXCEPT ALL TABLE cached) AS only_computed
ORDER BY key, measure, side

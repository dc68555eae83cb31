-- account.cached_balance = opening balance + income - outcome of its transactions that are not soft-deleted.
WITH cached AS (
    SELECT id::text AS key, 'cached_balance' AS measure, cached_balance AS value
    FROM account
),
computed AS (
    SELECT account.id::text AS key, 'cached_balance' AS measure,
           opening_balance
           + coalesce(sum(amount) FILTER (WHERE flow_type = 'income' AND deleted_at IS NULL), 0)
           - coalesce(sum(amount) FILTER (WHERE flow_type = 'outcome' AND deleted_at IS NULL), 0) AS value
    FROM account LEFT JOIN transaction ON transaction.account_id = account.id
    GROUP BY account.id
)
SELECT key, measure, 'cached' AS side, value FROM (TABLE cached EXCEPT ALL TABLE computed) AS only_cached
UNION ALL
SELECT key, measure, 'computed', value FROM (TABLE computed EXCEPT ALL TABLE cached) AS only_computed
ORDER BY key, measure, side

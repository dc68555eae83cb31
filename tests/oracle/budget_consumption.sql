-- budget.cached_consumption = outcome, not soft-deleted, dated in the budget's period, of a category that it tracks.
WITH cached AS (
    SELECT id::text AS key, 'cached_consumption' AS measure, cached_consumption AS value
    FROM budget
),
computed AS (
    SELECT budget.id::text AS key, 'cached_consumption' AS measure,
           coalesce((
               SELECT sum(spent.amount)
               FROM transaction AS spent
               WHERE spent.flow_type = 'outcome'
                 AND spent.deleted_at IS NULL
                 AND spent.date >= budget.period_start
                 AND spent.date <= budget.period_end
                 AND spent.category_id IN (
                     SELECT category_id FROM budget_category WHERE budget_category.budget_id = budget.id
                 )
           ), 0) AS value
    FROM budget
)
SELECT key, measure, 'cached' AS side, value FROM (TABLE cached EXCEPT ALL TABLE computed) AS only_cached
UNION ALL
SELECT key, measure, 'computed', value FROM (TABLE computed EXCEPT ALL TABLE cached) AS only_computed
ORDER BY key, measure, side

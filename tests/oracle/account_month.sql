-- account_month = what the rows that are not soft-deleted say of each account and month; a month without any is a row of zeros, or none.
WITH cached AS (
    SELECT account_id || ' ' || month AS key, measure, value
    FROM account_month,
         LATERAL (VALUES ('actual_change', actual_change), ('projected_change', projected_change), ('entries', entries))
             AS m (measure, value)
    WHERE actual_change <> 0 OR projected_change <> 0 OR entries <> 0
),
lived AS (
    SELECT account_id || ' ' || (date - (extract(day FROM date)::int - 1)) AS key, status,
           CASE WHEN flow_type = 'income' THEN amount ELSE 0 - amount END AS signed
    FROM transaction
    WHERE deleted_at IS NULL
),
computed AS (
    SELECT key, 'actual_change' AS measure, coalesce(sum(signed) FILTER (WHERE status = 'paid'), 0) AS value
    FROM lived GROUP BY key
    UNION ALL
    SELECT key, 'projected_change', sum(signed) FROM lived GROUP BY key
    UNION ALL
    SELECT key, 'entries', count(*) FROM lived GROUP BY key
)
SELECT key, measure, 'cached' AS side, value FROM (TABLE cached EXCEPT ALL TABLE computed) AS only_cached
UNION ALL
SELECT key, measure, 'computed', value FROM (TABLE computed EXCEPT ALL TABLE cached) AS only_computed
ORDER BY key, measure, side

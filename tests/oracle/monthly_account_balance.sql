-- monthly_account_balance = opening balance plus the rows up to each month's last day, for every month from an account's first, or
-- the current one, to 12 months ahead. The current month is the one that the session was told in pgcache.today.
WITH today AS (
    SELECT current_setting('pgcache.today')::date AS day
),
months AS (
    SELECT account.id, account.opening_balance, (first.month + n * interval '1 month')::date AS month
    FROM account, today,
         LATERAL (
             SELECT least(min(date), today.day) AS day FROM transaction
             WHERE account_id = account.id AND deleted_at IS NULL
         ) AS begun,
         LATERAL (SELECT make_date(extract(year FROM begun.day)::int, extract(month FROM begun.day)::int, 1) AS month) AS first,
         LATERAL generate_series(
             0,
             12 + 12 * (extract(year FROM today.day) - extract(year FROM first.month))::int
                + (extract(month FROM today.day) - extract(month FROM first.month))::int
         ) AS n
),
computed AS (
    SELECT months.id || to_char(month, ' YYYY-MM') AS key, figure.measure,
           opening_balance + coalesce((
               SELECT sum(CASE flow_type WHEN 'income' THEN amount WHEN 'outcome' THEN 0 - amount END)
               FROM transaction
               WHERE account_id = months.id AND deleted_at IS NULL AND status = ANY (figure.statuses)
                 AND date <= (month + interval '1 month' - interval '1 day')
           ), 0) AS value
    FROM months,
         (VALUES ('actual', ARRAY['paid']), ('projected', ARRAY['paid', 'unpaid', 'forecast'])) AS figure (measure, statuses)
),
cached AS (
    SELECT account_id || ' ' || year_month AS key, figure.measure, figure.value
    FROM monthly_account_balance,
         LATERAL (VALUES ('actual', actual_balance), ('projected', projected_balance)) AS figure (measure, value)
)
SELECT key, measure, 'cached' AS side, value FROM (TABLE cached EXCEPT ALL TABLE computed) AS only_cached
UNION ALL
SELECT key, measure, 'computed', value FROM (TABLE computed EXCEPT ALL TABLE cached) AS only_computed
ORDER BY key, measure, side

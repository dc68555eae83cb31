SELECT account.id, m::date, f.actual, f.projected
  FROM account, generate_series(timestamp '2024-01-01', '2025-12-01', '1 month') AS m,
       LATERAL (SELECT opening_balance + coalesce(sum(signed) FILTER (WHERE status = 'paid'), 0) AS actual,
                       opening_balance + coalesce(sum(signed), 0) AS projected
                  FROM (SELECT status, CASE flow_type WHEN 'income' THEN amount ELSE -amount END AS signed
                          FROM transaction
                         WHERE account_id = account.id AND deleted_at IS NULL
                           AND date < m + interval '1 month') AS s) AS f
 ORDER BY 1, 2

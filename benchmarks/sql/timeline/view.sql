SELECT account_id, month, actual_balance, projected_balance
  FROM monthly_account_balance WHERE month BETWEEN '2024-01-01' AND '2025-12-01' ORDER BY 1, 2

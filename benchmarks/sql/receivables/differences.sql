WITH direct AS (__direct__), cached AS (
    SELECT account_id, balance, unbilled, current, days_1_30, days_31_60, days_61_90, days_over_90, credit, next_transition
      FROM account_aging
     WHERE balance <> 0
)
(TABLE direct EXCEPT TABLE cached) UNION ALL (TABLE cached EXCEPT TABLE direct)

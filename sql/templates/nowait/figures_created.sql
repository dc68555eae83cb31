SELECT __key_columns__, __figure_sums__
  FROM (SELECT __key_columns__, __figure_columns__ FROM __target__
        UNION ALL
        SELECT __waiting_keys__, __waiting_values__ FROM __waiting__ AS p WHERE __keys_present__) AS t
 GROUP BY __key_columns__

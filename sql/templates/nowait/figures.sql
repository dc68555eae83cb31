SELECT __figure_keys__, __figure_measures__
  FROM __target__ AS t
  LEFT JOIN (SELECT __waiting_keys__, __waiting_sums__ FROM __waiting__ AS p GROUP BY __waiting_keys__) AS p ON __match_waiting__

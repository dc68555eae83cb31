SELECT current_setting($1::text) AS value

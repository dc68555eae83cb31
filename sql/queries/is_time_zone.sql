-- Raises invalid_parameter_value where there is no time zone $1.
SELECT now() AT TIME ZONE $1::text

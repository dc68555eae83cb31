-- Sets the setting $1 to $2 until the transaction ends.
SELECT set_config($1::text, $2::text, true)

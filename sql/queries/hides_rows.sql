-- Whether row-level security limits what the current role sees of table $1.
SELECT row_security_active($1::oid) AS found

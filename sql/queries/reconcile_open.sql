SELECT pgcache.reconcile_open($1::bigint, $2::text, $3::text, $4::numeric, $5::text, $6::numeric, $7::text)

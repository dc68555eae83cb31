SELECT pgcache.reconcile_begin($1::bigint, $2::text, $3::text, $4::numeric, $5::text, $6::numeric, $7::text)

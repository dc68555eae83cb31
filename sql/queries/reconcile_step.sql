SELECT pgcache.reconcile_step($1::bigint, $2::text, $3::integer)

SELECT pgcache.reconcile_keys($1::bigint, $2::text, $3::text[]::jsonb[])

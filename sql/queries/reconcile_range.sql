SELECT r.checked, r.more FROM pgcache.reconcile_range($1::bigint, $2::text, $3::bigint) AS r

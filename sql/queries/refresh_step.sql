SELECT pgcache.refresh_step($1::bigint, $2::text, $3::integer)

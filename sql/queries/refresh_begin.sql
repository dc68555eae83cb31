SELECT pgcache.refresh_begin($1::bigint, $2::text, $3::text)

SELECT r.refreshed, r.failed, r.dirty, r.oldest_mark FROM pgcache.refresh_end($1::bigint, $2::text) AS r

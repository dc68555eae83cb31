SELECT r.measure, r.value FROM pgcache.recompute($1::text, VARIADIC $2::text[]) AS r

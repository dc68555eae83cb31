SELECT r.drifted - r.position FROM pgcache.run AS r WHERE r.id = $1::bigint AND r.cache = $2::text

SELECT r.action = 'correct' AND NOT r.held FROM pgcache.run AS r WHERE r.id = $1::bigint AND r.cache = $2::text

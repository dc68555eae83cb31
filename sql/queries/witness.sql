SELECT pgcache.witness($1::text)

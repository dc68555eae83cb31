-- Asks for the privileges that reading the query's tables takes.
SELECT q.* FROM pg_temp.pgcache_query AS q LIMIT 0;

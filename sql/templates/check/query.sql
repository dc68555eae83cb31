-- The declared query, whose names are looked up as the role that migrates sees them; always rolled back.
CREATE TEMPORARY VIEW pgcache_query AS SELECT q.* FROM __query__ AS q;

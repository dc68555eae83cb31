-- For queries that ask for the day before pgcache is installed; always rolled back.
CREATE SCHEMA pgcache;

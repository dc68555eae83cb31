-- For queries that ask for the day before pgcache is installed; always rolled back.
CREATE FUNCTION pgcache.today() RETURNS date LANGUAGE sql STABLE AS 'SELECT current_date';

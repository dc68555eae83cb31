SELECT to_char(pgcache.today(), 'YYYY-MM') AS label

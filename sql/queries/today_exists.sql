SELECT to_regprocedure('pgcache.today()') IS NOT NULL AS found

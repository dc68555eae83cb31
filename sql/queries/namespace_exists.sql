-- Whether there is a schema pgcache, be it empty.
SELECT to_regnamespace('pgcache') IS NOT NULL AS found

-- Whether pgcache has been installed in this database.
SELECT to_regclass('pgcache.object') IS NOT NULL AS found

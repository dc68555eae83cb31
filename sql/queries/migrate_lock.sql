-- One migrate or uninstall at a time in a database; held by the session.
SELECT pg_advisory_lock(hashtext('pgcache migrate'), 0)

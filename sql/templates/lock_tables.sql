SELECT pg_advisory_xact_lock(hashtext('pgcache declaration ' || __cache__), 0);
LOCK TABLE __tables__ IN SHARE ROW EXCLUSIVE MODE;

-- Whether this session is the one of all refreshers that refreshes cache $1. Tried rather than waited for: a session that waits holds a
-- snapshot, and VACUUM back.
SELECT pg_try_advisory_lock(hashtext('pgcache refresher ' || $1::text), 0)

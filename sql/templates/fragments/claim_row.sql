    PERFORM pg_advisory_xact_lock(hashtext('pgcache row ' || __cache__), __row_slot__);

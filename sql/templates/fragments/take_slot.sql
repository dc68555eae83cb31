    IF p_waits THEN
        PERFORM pg_advisory_xact_lock_shared(hashtext('pgcache slot ' || __cache__), __slot__);
    ELSIF NOT pg_try_advisory_xact_lock_shared(hashtext('pgcache slot ' || __cache__), __slot__) THEN
        RETURN NULL;
    END IF;

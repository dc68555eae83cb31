        IF current_setting('transaction_isolation') <> 'read committed' THEN
            PERFORM pgcache.share_slots(__cache__, ARRAY[__slot__]);
        ELSIF pg_advisory_xact_lock_shared(hashtext('pgcache slot ' || __cache__), __slot__) IS NULL THEN
            NULL; -- asked rather than performed, which would go through the executor
        END IF;

        IF current_setting('transaction_isolation') = 'read committed' THEN
            v_shared := pg_advisory_xact_lock_shared(hashtext('pgcache slot ' || __cache__), __slot__) IS NULL;
        ELSE
            PERFORM pgcache.share_slots(__cache__, ARRAY[__slot__]);
        END IF;

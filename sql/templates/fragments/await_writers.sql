        LOCK TABLE __appearing_lock__ IN ROW EXCLUSIVE MODE;
        PERFORM pgcache.mark_unseen(__cache__, v_new.key);
        -- Within an update of pgcache's own, by a user's trigger: what its statement has yet to add may be in the sums already.
        IF current_setting('pgcache.maintaining', true) <> '' THEN
            INSERT INTO pgcache.dirty (cache, key) VALUES (__cache__, v_new.key);
        END IF;
        PERFORM pgcache.meets_other(__setting__, 't', false);

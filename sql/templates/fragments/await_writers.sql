        LOCK TABLE __appearing_lock__ IN ROW EXCLUSIVE MODE;
        PERFORM pgcache.mark_unseen(__cache__, v_new.key);
        -- Within an update of pgcache's own, by a user's trigger: what is yet to be added may be in the sums already. The statement computes
        -- its keys once more then; but in the apply worker of logical replication there is none that could be noted as open.
        IF current_setting('pgcache.maintaining', true) <> '' AND current_setting('session_replication_role') = 'replica' THEN
            INSERT INTO pgcache.dirty (cache, key) VALUES (__cache__, v_new.key);
        END IF;
        PERFORM pgcache.meets_other(__setting__, 't', false);

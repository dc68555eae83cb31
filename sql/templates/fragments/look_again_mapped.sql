        IF NOT FOUND THEN
            -- No foreign key promises that the row is there: it may be appearing in a transaction that cannot see this one's rows
            -- either. Writers that miss a row share this lock, appearing rows share theirs, and either kind waits for the other.
            PERFORM pgcache.mark_unseen(__cache__, __key_json__);
            LOCK TABLE __appearing_lock__ IN SHARE MODE;
            SELECT __period__ INTO v_target FROM __target__ AS t WHERE __match_key__ FOR NO KEY UPDATE;
        END IF;

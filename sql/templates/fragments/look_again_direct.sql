        IF NOT FOUND THEN
            -- No foreign key promises that the row is there: it may be appearing in a transaction that cannot see this one's rows
            -- either. Writers that miss a row share this lock, appearing rows share theirs, and either kind waits for the other.
            LOCK TABLE __appearing_lock__ IN SHARE MODE;
            UPDATE __target__ AS t
               SET (__measures__) = ROW(__adjusted__)
             WHERE __match_delta__;
            PERFORM pgcache.mark_unseen(__cache__, __key_json__);
        END IF;

        LOCK TABLE __appearing_lock__ IN ROW EXCLUSIVE MODE;
        PERFORM pgcache.mark_unseen(__cache__, v_new.key);
        PERFORM pgcache.meets_other(__setting__, 't', false);

        IF p_waits THEN
            LOCK TABLE __appearing_lock__ IN SHARE MODE;
        ELSE
            LOCK TABLE __appearing_lock__ IN SHARE MODE NOWAIT;
        END IF;

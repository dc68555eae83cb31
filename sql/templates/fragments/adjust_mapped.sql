        PERFORM __share_slot__;
        -- A new statement, so that it sees the mapping as it is under the lock
        FOR v_key IN
            SELECT __mapped_keys__ FROM __mapping__ AS m WHERE __mapped__ ORDER BY __mapped_order__
        LOOP
            PERFORM __collect__;
            UPDATE __target__ AS t
               SET (__measures__) = ROW(__adjusted__)
             WHERE __match_key__ AND __lies_within__;
            CONTINUE WHEN FOUND;
            -- Where the row may be about to get another period, that is to be awaited.
            SELECT __period__ INTO v_target FROM __target__ AS t WHERE __match_key__ FOR NO KEY UPDATE;
            PERFORM __look_again__;
            UPDATE __target__ AS t
               SET (__measures__) = ROW(__adjusted__)
             WHERE __match_key__ AND __lies_within__;
        END LOOP;

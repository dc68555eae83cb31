        IF NOT FOUND THEN
            -- The first contribution to its key, unless another transaction is just as early: then this waits for it.
            INSERT INTO __target__ (__key_columns__) VALUES (__key_values__) ON CONFLICT (__key_columns__) DO NOTHING;
            SELECT __period__ INTO v_target FROM __target__ AS t WHERE __match_key__ FOR NO KEY UPDATE;
        END IF;

        -- The first contribution to its key, unless another transaction may be just as early: nobody inserts the row without its slot.
        IF NOT FOUND
           AND NOT EXISTS (SELECT FROM __target__ AS t WHERE __match_key__)
           AND pg_try_advisory_xact_lock(hashtext('pgcache row ' || __cache__), __row_slot__)
        THEN
            INSERT INTO __target__ (__key_columns__) VALUES (__key_values__) ON CONFLICT (__key_columns__) DO NOTHING;
            PERFORM __read_made__;
        END IF;

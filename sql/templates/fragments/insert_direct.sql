        IF NOT FOUND THEN
            -- The first contribution to its key, unless another transaction is just as early: then this waits for it.
            INSERT INTO __target__ AS t (__key_columns__, __measures__)
            VALUES (__key_values__, __inserted__)
            ON CONFLICT (__key_columns__) DO UPDATE
               SET (__measures__) = ROW(__adjusted__);
        END IF;

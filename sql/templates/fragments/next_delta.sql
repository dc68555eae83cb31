        IF v_several THEN
            FETCH v_deltas INTO v_delta;
            IF NOT FOUND THEN
                CLOSE v_deltas;
                EXIT;
            END IF;
        ELSE
            EXIT WHEN v_rows = 0;
            v_rows := 0;
        END IF;

    -- Most statements change one key: its rows, up to two, need no grouping and no order.
    FOR v_row IN
        SELECT __keys__, __value_names__ FROM __rows__ AS r WHERE __keys_present__ LIMIT 3
    LOOP
        v_rows := v_rows + 1;
        IF v_rows = 1 THEN
            v_delta := v_row;
        ELSE
            v_several := v_rows > 2 OR (__same_key__) IS NOT TRUE;
            EXIT WHEN v_several;
            PERFORM __add_row__;
        END IF;
    END LOOP;
    IF v_rows = 0 THEN
        RETURN NULL;
    ELSIF NOT (v_several OR v_mixed OR __delta_changed__) THEN
        RETURN NULL;
    END IF;
    PERFORM __maintain__;
    IF v_several THEN
        OPEN v_deltas FOR
            SELECT __keys__, __sums__
              FROM __rows__ AS r
             WHERE __keys_present__
             GROUP BY __keys__
            HAVING __changed__ OR v_mixed
             ORDER BY __keys__;
    END IF;

    -- Most statements change one row, whose two versions need no grouping and no order.
    FOR v_delta IN
        SELECT __keys__, __value_names__ FROM __rows__ AS r WHERE __keys_present__ LIMIT 3
    LOOP
        v_rows := v_rows + 1;
        IF v_rows = 1 THEN
            v_row := v_delta;
        ELSE
            v_several := v_rows > 2 OR (__same_key__) IS NOT TRUE;
            EXIT WHEN v_several;
            PERFORM __add_row__;
        END IF;
    END LOOP;

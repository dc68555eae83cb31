    -- Most updates are of one row, and many of columns that no figure depends on. Images are compared: every type has them.
    SELECT (SELECT __image__ FROM __new__ AS __relation__ LIMIT 1) *= (SELECT __image__ FROM __old__ AS __relation__ LIMIT 1),
           NOT EXISTS (SELECT FROM __new__ AS c OFFSET 1)
      INTO v_same, v_single;
    IF v_single THEN
        IF v_same IS NOT TRUE THEN
            PERFORM __mark_row__;
        END IF;
        RETURN NULL;
    END IF;

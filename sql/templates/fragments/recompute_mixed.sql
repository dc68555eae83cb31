    -- A user's trigger on the target may have made a row that was missing, and that so has what was added to it here already.
    v_mixed_since := __mixed__;
    IF v_mixed_since AND NOT v_mixed THEN
        FOR v_delta IN
            SELECT DISTINCT __keys__ FROM __rows__ AS r WHERE __keys_present__ ORDER BY __keys__
        LOOP
            PERFORM __recompute__(__key_json__, false);
        END LOOP;
    END IF;

    PERFORM __skip_unread__;
    PERFORM __gather__;
    IF __several__ OR v_mixed OR __not_finite__ OR __maintaining__ THEN
        PERFORM __maintain__;
        FOR v_delta IN
            SELECT __keys__, __sums__
              FROM __rows__ AS r
             WHERE __keys_present__
             GROUP BY __keys__
            HAVING __changed__ OR v_mixed
             ORDER BY __keys__
        LOOP
            -- What is not finite (NaN, infinity) cannot be taken off again.
            CONTINUE WHEN (v_mixed OR __not_finite__) AND __recompute__(__key_json__, false) IS NOT NULL;
            PERFORM __adjust__;
        END LOOP;
        PERFORM __maintained__;
    ELSIF __delta_changed__ THEN
        PERFORM __adjust_one__;
    END IF;
    PERFORM __recompute_mixed__;

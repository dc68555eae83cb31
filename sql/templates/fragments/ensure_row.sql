    -- A key without a row is one whose values are 0.
    PERFORM __claim_row__;
    INSERT INTO __target__ (__key_columns__) VALUES (__json_values__) ON CONFLICT (__key_columns__) DO NOTHING;

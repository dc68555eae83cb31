    -- Most statements change one row, which needs no grouping and no order.
    SELECT __keys__, __value_names__, __more__ AS several
      INTO v_delta
      FROM __rows__ AS r
     WHERE __keys_present__
     LIMIT 1;

    -- A target row that is gone was deleted by this transaction, which holds it, and needs nothing: the slots must not be waited for
    -- then, since writers take a slot first and the row after it.
    SELECT __gathered__, array_agg(times)
      INTO __gathered_into__, v_times
      FROM unnest(__gathered_arrays__, v_times) AS r(__ons__, __keys__, times)
     WHERE EXISTS (SELECT FROM __target__ AS t WHERE __match_gathered__);

    -- Most updates change one row, and many nothing that counts.
    PERFORM FROM new_rows AS n, old_rows AS o
      WHERE ROW(__new_columns__)::record OPERATOR(pg_catalog.*<>) ROW(__old_columns__)::record
         OR EXISTS (SELECT FROM new_rows OFFSET 1);
    IF NOT (FOUND OR v_mixed) THEN
        PERFORM __close__;
        RETURN NULL;
    END IF;

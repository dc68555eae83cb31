    -- Most updates change one row, and many nothing that counts. There may be no new version: a trigger on the partition that the row
    -- moves to may have refused it.
    PERFORM FROM old_rows AS o LEFT JOIN new_rows AS n ON true
      WHERE ROW(__new_columns__)::record OPERATOR(pg_catalog.*<>) ROW(__old_columns__)::record
         OR EXISTS (SELECT FROM old_rows OFFSET 1)
      LIMIT 1; -- of many rows, one pair says enough, and all pairs would fill the memory
    IF NOT (FOUND OR __mixed__) THEN
        PERFORM __close__;
        RETURN NULL;
    END IF;

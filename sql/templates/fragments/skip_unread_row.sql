    -- Many updates change nothing that counts.
    IF NOT __mixed__ AND ROW(__new_columns__)::record OPERATOR(pg_catalog.*=) ROW(__old_columns__)::record THEN
        PERFORM __close__;
        RETURN NULL;
    END IF;

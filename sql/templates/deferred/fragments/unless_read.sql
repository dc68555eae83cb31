    -- Most updates are of one row, and many of columns that no figure depends on. Images are compared: every type has them.
    IF (SELECT (SELECT __image__ FROM __new__ AS __relation__ LIMIT 1) *= (SELECT __image__ FROM __old__ AS __relation__ LIMIT 1)
               AND NOT EXISTS (SELECT FROM __new__ AS c OFFSET 1)) THEN
        RETURN NULL;
    END IF;

-- The figures of a deferred cache, when they were read, and whether they are stale: marked, or due. Locks nothing.
-- The marks are joined rather than asked for each row: they are read once for all rows, and by their index for a single key.
CREATE OR REPLACE VIEW __view__ AS
    SELECT __columns__, __refreshed_at__ AS refreshed_at,
           pgcache_stale.key_1 IS NOT NULL OR __due__ OR EXISTS (SELECT FROM __dirty__ AS d WHERE __everything__) AS dirty
      FROM __target__ AS __alias__
      LEFT JOIN __stale_keys__ AS pgcache_stale ON __match_stale__;
COMMENT ON VIEW __view__ IS __comment__;

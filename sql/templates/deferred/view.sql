-- The figures of a deferred cache, when they were read, and whether they are stale: marked, or due. Locks nothing.
CREATE OR REPLACE VIEW __view__ AS
    SELECT __columns__, __refreshed_at__ AS refreshed_at, __stale__ AS dirty FROM __target__ AS __alias__;
COMMENT ON VIEW __view__ IS __comment__;

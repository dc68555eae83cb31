-- The figures of a cache, exact at reading. Locks nothing.
CREATE OR REPLACE VIEW __view__ AS
    SELECT __columns__ FROM __figures__ AS t;
COMMENT ON VIEW __view__ IS __comment__;

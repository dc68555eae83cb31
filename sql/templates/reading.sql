-- What applications call to read one key, exact whatever is pending; whoever may read the view may call it. Locks nothing. It has no settings
-- and the caller's rights, so that the planner sees through it.
CREATE OR REPLACE FUNCTION __view__(__parameters__ record) RETURNS __returns__
    LANGUAGE sql
    STABLE
AS $pgcache$
    SELECT __results__ FROM __view__ AS v WHERE __match_key__
$pgcache$;
COMMENT ON FUNCTION __view__(__types__) IS __comment__;

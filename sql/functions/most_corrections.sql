-- Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.most_corrections(p_limit text, p_checked bigint) RETURNS bigint
    LANGUAGE sql
    IMMUTABLE
    STRICT
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT CASE WHEN p_limit LIKE '%\%' THEN floor(least(rtrim(p_limit, '%')::numeric, 100) * p_checked / 100)
                ELSE least(p_limit::numeric, p_checked) END::bigint
$pgcache$;
COMMENT ON FUNCTION pgcache.most_corrections(text, bigint) IS
    'How many keys a pass may correct, by a limit such as "100" or "5%" of the keys that it checked; null for any number.';
REVOKE ALL ON FUNCTION pgcache.most_corrections(text, bigint) FROM PUBLIC;

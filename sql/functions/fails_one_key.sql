-- Whether an error may come from the figures of one key (a division by zero, a sum that does not fit, a check that the target has), so that the
-- others should go on without it. Else the refresh itself is at fault (a table or a privilege is missing), or the moment is (a
-- deadlock, a full disk, a standby), and what it took stays marked. Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.fails_one_key(p_sqlstate text) RETURNS boolean
    LANGUAGE sql
    IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT left(p_sqlstate, 2) NOT IN ('08', '0A', '25', '40', '42', '53', '54', '55', '57', '58', 'F0', 'XX')
$pgcache$;
COMMENT ON FUNCTION pgcache.fails_one_key(text) IS 'Whether an error with this SQLSTATE may concern a single key.';
REVOKE ALL ON FUNCTION pgcache.fails_one_key(text) FROM PUBLIC;

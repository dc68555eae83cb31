-- A key as pgcache keeps it in its tables: the key columns with their values as text, in the same words whatever the session's settings,
-- and in words that every session reads as the same value. Locks nothing.
CREATE OR REPLACE FUNCTION __function__(__parameters__ record) RETURNS jsonb
    LANGUAGE sql
    STABLE
    SET search_path = pg_catalog, pg_temp
    SET datestyle = 'ISO'
    SET intervalstyle = 'iso_8601'
    SET timezone = 'UTC'
    SET bytea_output = 'hex'
    SET extra_float_digits = 1
AS $pgcache$
    SELECT __json__
$pgcache$;
COMMENT ON FUNCTION __function__(__types__) IS __comment__;
REVOKE ALL ON FUNCTION __function__(__types__) FROM PUBLIC;

-- Today, as every part of pgcache that depends on the calendar sees it. Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.today() RETURNS date
    LANGUAGE sql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT coalesce(
        nullif(current_setting('pgcache.today', true), '')::date,
        (now() AT TIME ZONE (SELECT nullif(s.value, '') FROM pgcache.setting AS s WHERE s.name = 'time_zone'))::date,
        current_date)
$pgcache$;
COMMENT ON FUNCTION pgcache.today() IS
    'The date in the declared time_zone, else in the session''s; or the setting pgcache.today, where a test sets it.';
REVOKE ALL ON FUNCTION pgcache.today() FROM PUBLIC;

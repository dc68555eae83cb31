-- The last day of a recurring period that begins on a day. Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.period_end(p_from date, p_recurrence text) RETURNS date
    LANGUAGE plpgsql
    IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
BEGIN
    RETURN (p_from::timestamp + CASE p_recurrence
        WHEN 'weekly' THEN interval '7 days'
        WHEN 'monthly' THEN interval '1 month'
        WHEN 'yearly' THEN interval '1 year'
    END)::date - 1;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.period_end(date, text) IS
    'The last day of the weekly, monthly or yearly period that begins on a day; null for another recurrence.';
REVOKE ALL ON FUNCTION pgcache.period_end(date, text) FROM PUBLIC;

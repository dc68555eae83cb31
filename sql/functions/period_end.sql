-- The last day of a recurring period that begins on a day. A period that began on the 31st has to begin earlier in a shorter month; the
-- beginning of the period before it tells that it is to go back to the 31st after that. Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.period_end(p_from date, p_recurrence text, p_previous_from date DEFAULT NULL) RETURNS date
    LANGUAGE plpgsql
    IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_month timestamp := date_trunc('month', p_from::timestamp);
    v_next timestamp := v_month + CASE p_recurrence WHEN 'yearly' THEN interval '1 year' ELSE interval '1 month' END;
    v_day integer := extract(day FROM p_from)::integer;
    v_last_day integer := extract(day FROM v_next + interval '1 month' - interval '1 day')::integer;
BEGIN
    IF p_recurrence = 'weekly' THEN
        RETURN p_from + 6;
    ELSIF p_recurrence NOT IN ('monthly', 'yearly') THEN
        RETURN NULL;
    END IF;
    IF p_from::timestamp = v_month + interval '1 month' - interval '1 day' THEN
        v_day := greatest(v_day, extract(day FROM p_previous_from)::integer);
    END IF;
    RETURN v_next::date + least(v_day, v_last_day) - 2;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.period_end(date, text, date) IS
    'The last day of the weekly, monthly or yearly period that begins on a day, after one that began on another; null for another recurrence.';
REVOKE ALL ON FUNCTION pgcache.period_end(date, text, date) FROM PUBLIC;

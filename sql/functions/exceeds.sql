-- What is not finite (NaN, infinity) exceeds every threshold: a share of it says nothing. Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.exceeds(p_drift numeric, p_computed numeric, p_threshold numeric, p_relative_threshold numeric)
    RETURNS boolean
    LANGUAGE sql
    IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT abs(p_drift) > p_threshold
       AND (p_drift IN ('NaN', 'Infinity', '-Infinity') OR abs(p_drift) > abs(coalesce(p_computed, 0)) * p_relative_threshold)
$pgcache$;
COMMENT ON FUNCTION pgcache.exceeds(numeric, numeric, numeric, numeric) IS
    'Whether a drift raises an alarm: it is greater than an amount, and than a fraction of the computed value.';
REVOKE ALL ON FUNCTION pgcache.exceeds(numeric, numeric, numeric, numeric) FROM PUBLIC;

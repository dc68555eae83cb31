-- The balances of all accounts at the end of one day: the months before its own, and the rows of its own month. Locks nothing.
CREATE OR REPLACE FUNCTION __function__(on_date date, active_only boolean DEFAULT false) RETURNS numeric
    LANGUAGE sql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT CASE WHEN $1 <= pgcache.today() THEN coalesce(sum(a.opening + m.actual + d.actual), 0)
                WHEN $1 > pgcache.today() THEN coalesce(sum(a.opening + m.projected + d.projected), 0) END
      FROM __accounts__ AS a
     CROSS JOIN date_trunc('month', $1::timestamp) AS c(month)
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(m.__actual__), 0) AS actual, coalesce(sum(m.__projected__), 0) AS projected
             FROM __figures__ AS m
            WHERE __of_account__ AND m.__month__ < c.month) AS m
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(r.actual), 0) AS actual, coalesce(sum(r.projected), 0) AS projected
             FROM __rows__ AS r
            WHERE __row_of_account__ AND r.day >= c.month AND r.day <= $1) AS d
     WHERE a.active OR NOT $2
$pgcache$;
COMMENT ON FUNCTION __function__(date, boolean) IS __comment__;
REVOKE ALL ON FUNCTION __function__(date, boolean) FROM PUBLIC;

-- The balances of all accounts at the end of each of some months, added up in one pass over what the months moved. Locks nothing.
-- An account counts with its opening balance from the beginning. A month shows what is actual up to the current one, what is
-- projected after it; a closed month shows the figures that were kept.
CREATE OR REPLACE FUNCTION __function__(start_year integer, start_month integer, num_months integer, active_only boolean DEFAULT false)
    RETURNS TABLE (label text, month date, actual numeric, projected numeric, shows text)
    LANGUAGE sql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    WITH wanted AS (
        SELECT make_date($1, $2, 1) AS first, make_date($1, $2, 1) + make_interval(months => $3) AS after),
    accounts AS (
        SELECT a.account, a.opening FROM __accounts__ AS a WHERE a.active OR NOT $4),
    moved AS (
        SELECT greatest(m.__month__, w.first) AS month, sum(m.__actual__) AS actual, sum(m.__projected__) AS projected
          FROM wanted AS w
         CROSS JOIN accounts AS a
          JOIN __figures__ AS m ON __of_account__ AND m.__month__ < w.after
         GROUP BY 1),
    kept AS (
        SELECT k.month, sum(k.actual - a.opening - f.actual) AS actual, sum(k.projected - a.opening - f.projected) AS projected
          FROM wanted AS w
         CROSS JOIN accounts AS a
          JOIN __kept__ AS k ON __kept_of_account__ AND k.month >= w.first AND k.month < w.after
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(m.__actual__), 0) AS actual, coalesce(sum(m.__projected__), 0) AS projected
                 FROM __figures__ AS m
                WHERE __of_account__ AND m.__month__ <= k.month) AS f
         GROUP BY k.month)
    SELECT to_char(s.month, 'YYYY-MM'), s.month::date,
           o.opening + coalesce(sum(m.actual) OVER so_far, 0) + coalesce(k.actual, 0),
           o.opening + coalesce(sum(m.projected) OVER so_far, 0) + coalesce(k.projected, 0),
           CASE WHEN s.month <= pgcache.today() THEN 'actual' ELSE 'projected' END
      FROM wanted AS w
     CROSS JOIN generate_series(w.first::timestamp, w.after - interval '1 month', interval '1 month') AS s(month)
     CROSS JOIN (SELECT coalesce(sum(a.opening), 0) FROM accounts AS a) AS o(opening)
      LEFT JOIN moved AS m ON m.month = s.month
      LEFT JOIN kept AS k ON k.month = s.month
    WINDOW so_far AS (ORDER BY s.month)
     ORDER BY s.month
$pgcache$;
COMMENT ON FUNCTION __function__(integer, integer, integer, boolean) IS __comment__;
REVOKE ALL ON FUNCTION __function__(integer, integer, integer, boolean) FROM PUBLIC;

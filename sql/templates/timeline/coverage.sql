-- What pgcache status tells of a timeline. Reads all months; locks nothing.
CREATE OR REPLACE FUNCTION __function__()
    RETURNS TABLE (entries bigint, accounts bigint, active_accounts bigint, first_month text, last_month text, months bigint, samples jsonb)
    LANGUAGE sql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT (SELECT coalesce(sum(m.__entries__), 0)::bigint FROM __figures__ AS m),
           (SELECT count(*) FROM __accounts__ AS a),
           (SELECT count(*) FROM __accounts__ AS a WHERE a.active),
           to_char(min(b.__month__), 'YYYY-MM'), to_char(max(b.__month__), 'YYYY-MM'), count(DISTINCT b.__month__),
           (SELECT coalesce(jsonb_agg(to_jsonb(s)), '[]')
              FROM (SELECT b.__account__::text AS __account__, b.year_month, b.actual_balance::text AS actual_balance,
                           b.projected_balance::text AS projected_balance
                      FROM __view__ AS b
                     WHERE b.active AND b.__month__ = date_trunc('month', pgcache.today()::timestamp)
                     ORDER BY b.__account__
                     LIMIT 3) AS s)
      FROM __view__ AS b
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;

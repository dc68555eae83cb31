-- Keeps the figures that a month has now. A month that is closed already keeps those that it has; accounts that have come since are
-- added. Locks nothing but the rows that it inserts: what is committed later shows as an adjustment.
CREATE OR REPLACE FUNCTION __function__(year integer, month integer) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_count bigint;
BEGIN
    INSERT INTO __closed__ (__account__, __month__, actual_balance, projected_balance)
    SELECT a.account, make_date($1, $2, 1), a.opening + f.actual, a.opening + f.projected
      FROM __accounts__ AS a
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(m.__actual__), 0) AS actual, coalesce(sum(m.__projected__), 0) AS projected
             FROM __figures__ AS m
            WHERE __of_account__ AND m.__month__ <= make_date($1, $2, 1)) AS f
     ORDER BY a.account
    ON CONFLICT (__account__, __month__) DO NOTHING;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$pgcache$;
COMMENT ON FUNCTION __function__(integer, integer) IS __comment__;
REVOKE ALL ON FUNCTION __function__(integer, integer) FROM PUBLIC;

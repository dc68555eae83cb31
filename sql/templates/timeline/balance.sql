-- The balance of one account at the end of one month, as the view shows it. Locks nothing.
-- Where the view does not cover the month, it is the account's balance: everything that was ever entered, whatever its date.
CREATE OR REPLACE FUNCTION __function__(__account_parameter__ record, year integer, month integer, use_projected boolean DEFAULT false)
    RETURNS numeric
    LANGUAGE sql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT coalesce(
        (SELECT CASE WHEN $4 THEN b.projected_balance ELSE b.actual_balance END
           FROM __view__ AS b
          WHERE __of_view__ AND b.__month__ = make_date($2, $3, 1)),
        (SELECT a.opening + coalesce(sum(CASE WHEN $4 THEN m.__projected__ ELSE m.__actual__ END), 0)
           FROM __accounts__ AS a
           LEFT JOIN __figures__ AS m ON __of_account__
          WHERE __is_wanted__
          GROUP BY a.opening))
$pgcache$;
COMMENT ON FUNCTION __function__(__account_type__, integer, integer, boolean) IS __comment__;
REVOKE ALL ON FUNCTION __function__(__account_type__, integer, integer, boolean) FROM PUBLIC;

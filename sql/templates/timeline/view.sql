-- The balances of every account, month by month, added up at reading out of what each month moved: a changed row is one changed month,
-- and no later one. No month is stored before something moves in it, so that no job has to keep the coming ones there. Locks nothing.
-- An account begins with its first month that has entries, at the latest with the current one: it has a row before its first entry. What
-- is dated -infinity lies before any month.
CREATE OR REPLACE VIEW __view__ AS
SELECT __columns__
  FROM (SELECT s.account, s.active, s.month,
               s.actual + coalesce(sum(m.__actual__) OVER so_far, 0) AS actual,
               s.projected + coalesce(sum(m.__projected__) OVER so_far, 0) AS projected,
               max(m.__stamp__) OVER so_far AS last_calculated
          FROM (SELECT a.account, a.active, g.month::date AS month,
                       a.opening + f.actual AS actual, a.opening + f.projected AS projected
                  FROM __accounts__ AS a
                 CROSS JOIN date_trunc('month', pgcache.today()::timestamp) AS c(month)
                 CROSS JOIN LATERAL (
                       SELECT least(min(m.__month__) FILTER (WHERE m.__entries__ > 0 AND isfinite(m.__month__)), c.month) AS month,
                              coalesce(sum(m.__actual__) FILTER (WHERE m.__month__ = '-infinity'), 0) AS actual,
                              coalesce(sum(m.__projected__) FILTER (WHERE m.__month__ = '-infinity'), 0) AS projected
                         FROM __figures__ AS m
                        WHERE __of_account__) AS f
                 CROSS JOIN LATERAL generate_series(f.month, c.month + __ahead__, interval '1 month') AS g(month)) AS s
          LEFT JOIN __figures__ AS m ON __of_series__ AND m.__month__ = s.month
        WINDOW so_far AS (PARTITION BY s.account ORDER BY s.month)) AS b
  LEFT JOIN __kept__ AS k ON __of_balance__ AND k.month = b.month;
COMMENT ON VIEW __view__ IS __comment__;

-- The marks of the rows that an update changed in what counts: each version is compared with the one of the same place among the others. Were the
-- two not of the same row, as much would be left of the difference between all old and all new versions, or more.
SELECT p.*
  FROM (SELECT v.*, v.image *= coalesce(lag(v.image) OVER pair, lead(v.image) OVER pair) AS same
          FROM __versions__ AS v
        WINDOW pair AS (PARTITION BY v.place)) AS p
 WHERE p.same IS NOT TRUE

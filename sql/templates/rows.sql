-- The rows that make up the value of one key: the target row (number 0) with what it starts at, and the rows of each source that count
-- for it, newest first, with what each adds, and the transaction that last wrote it or the mapping row through which it counts. A source
-- without such rows is one row of nulls. With the rights of whoever calls it, since it shows rows of users' tables. Locks nothing.
CREATE OR REPLACE FUNCTION __function__(p_key jsonb)
    RETURNS TABLE (number integer, relation regclass, content jsonb, added numeric[], written_in xid8)
    LANGUAGE plpgsql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    __variables__ record;
BEGIN
    PERFORM __read_periods__;
    RETURN QUERY
    SELECT o.number, n.relation::regclass, r.content, r.added, r.written_in
      FROM unnest(__relations__) WITH ORDINALITY AS n(relation, ordinal)
     CROSS JOIN LATERAL (SELECT n.ordinal::integer - 1) AS o(number)
      LEFT JOIN (SELECT 0 AS number, jsonb_strip_nulls(to_jsonb(__alias__.*)) AS content, __initial__ AS added,
                        pgcache.full_xid(__alias__.xmin) AS written_in, __alias__.ctid AS place
                   FROM __target__ AS __alias__
                  WHERE __match_json__
                 UNION ALL
                 SELECT * FROM __shown_rows__ AS s) AS r ON r.number = o.number
     ORDER BY o.number, r.written_in DESC, r.place DESC;
END
$pgcache$;
COMMENT ON FUNCTION __function__(jsonb) IS __comment__;
REVOKE ALL ON FUNCTION __function__(jsonb) FROM PUBLIC;

-- A transaction id as rows keep it (xmin) has lost its epoch; it is of one of the last 4 billion transactions. Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.full_xid(p_xid xid) RETURNS xid8
    LANGUAGE sql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
    SELECT (CASE WHEN p_xid::text::bigint <= n.next & 4294967295 THEN n.next - (n.next & 4294967295) + p_xid::text::bigint
                 ELSE greatest(n.next - (n.next & 4294967295) - 4294967296, 0) + p_xid::text::bigint
            END)::text::xid8
      FROM (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next) AS n
$pgcache$;
COMMENT ON FUNCTION pgcache.full_xid(xid) IS 'The transaction id of a row, with its epoch, to be compared with snapshots.';
REVOKE ALL ON FUNCTION pgcache.full_xid(xid) FROM PUBLIC;

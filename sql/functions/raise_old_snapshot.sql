-- Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.raise_old_snapshot(p_cache text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
BEGIN
    RAISE EXCEPTION 'could not serialize access: the transaction began before cache "%" was installed as it is', p_cache
        USING ERRCODE = '40001',
              DETAIL = 'Its snapshot does not show what it needs to keep the cache exact.',
              HINT = 'Retry the transaction.';
END
$pgcache$;
COMMENT ON FUNCTION pgcache.raise_old_snapshot(text) IS 'Raises 40001.';
REVOKE ALL ON FUNCTION pgcache.raise_old_snapshot(text) FROM PUBLIC;

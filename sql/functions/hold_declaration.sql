-- Called first by whatever compares a cache, so that what is read fits the function that reads it: with another mode it is kept elsewhere.
-- Locks: (1) the declaration of the cache, shared, until the transaction ends: a migration that changes what is maintained has that lock
-- alone, before its tables, and is waited for; (2) the target, ROW SHARE, which nobody else notices: it is there to take in what such a
-- migration has told of its functions. Not for a deferred cache, whose query may take long. Works on a standby, which sees no
-- migration's lock: what is found there is read again on the primary. At REPEATABLE READ and above the snapshot may be older than the
-- function: 40001.
CREATE OR REPLACE FUNCTION pgcache.hold_declaration(p_cache text) RETURNS pgcache.cache
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_cache pgcache.cache := pgcache.find_cache(p_cache);
BEGIN
    IF v_cache.mode <> 'deferred' THEN
        PERFORM pg_advisory_xact_lock_shared(hashtext('pgcache declaration ' || p_cache), 0);
        EXECUTE format('LOCK TABLE %s IN ROW SHARE MODE', v_cache.target::regclass);
        IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') AND EXISTS (
            SELECT FROM pgcache.object AS o
             WHERE o.cache = p_cache AND o.kind = 'function' AND o.name = format('"pgcache"."%s_compare"()', replace(p_cache, '"', '""'))
               AND pgcache.object_text(o.kind, o.name, o.relation) IS DISTINCT FROM o.installed)
        THEN
            PERFORM pgcache.raise_old_snapshot(p_cache);
        END IF;
    END IF;
    RETURN pgcache.find_cache(p_cache);
END
$pgcache$;
COMMENT ON FUNCTION pgcache.hold_declaration(text) IS
    'An installed cache by its name, which is maintained as it is until the transaction ends; PC001 where there is none.';
REVOKE ALL ON FUNCTION pgcache.hold_declaration(text) FROM PUBLIC;

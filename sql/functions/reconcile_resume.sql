-- The newest pass over a cache, where it was interrupted after it had kept something: what it had found stays right, since drift does not move
-- and every repair since is in the log, which only another pass empties. Not in another database than the one it began in,
-- as after a restore, where the log tells nothing; nor where the cache was installed anew. Locks nothing: its callers hold the lock of the pass.
CREATE OR REPLACE FUNCTION pgcache.reconcile_resume(p_cache text)
    RETURNS bigint
    LANGUAGE plpgsql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
BEGIN
    RETURN (
        SELECT r.id
          FROM (SELECT r.*
                  FROM pgcache.run AS r
                 WHERE r.cache = p_cache AND r.kind IN ('backfill', 'reconcile', 'check')
                 ORDER BY r.id DESC
                 LIMIT 1) AS r
          JOIN pgcache.cache AS c ON c.name = r.cache
         WHERE r.kind = 'reconcile' AND r.finished_at IS NULL AND r.started_at > c.installed_at
           AND pgcache.witness(p_cache) @> jsonb_build_object('server', r.evidence -> 'server', 'database', r.evidence -> 'database'));
END
$pgcache$;
COMMENT ON FUNCTION pgcache.reconcile_resume(text) IS
    'The run of a pass that was interrupted and can go on; null where there is none.';
REVOKE ALL ON FUNCTION pgcache.reconcile_resume(text) FROM PUBLIC;

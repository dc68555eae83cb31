-- Called where a key was adjusted by reading the sources. At READ COMMITTED a fresh statement sees every committed row, and
-- nothing is marked. At REPEATABLE READ and above, rows that were committed after the snapshot cannot be seen at all: the
-- key is marked, shown by status, and recomputed by the next refresh or reconcile. Waits for nobody: it appends.
CREATE OR REPLACE FUNCTION pgcache.mark_unseen(p_cache text, p_key jsonb) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        INSERT INTO pgcache.dirty (cache, key) VALUES (p_cache, p_key);
    END IF;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.mark_unseen(text, jsonb) IS
    'Marks a key dirty where the isolation level hides rows that count.';
REVOKE ALL ON FUNCTION pgcache.mark_unseen(text, jsonb) FROM PUBLIC;

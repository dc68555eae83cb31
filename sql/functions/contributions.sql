-- With the rights of whoever calls it, since it shows rows of users' tables. A cache that is computed by a query has none to show.
-- Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.contributions(p_cache text, p_key jsonb)
    RETURNS TABLE (number integer, relation regclass, content jsonb, added numeric[], written_in xid8)
    LANGUAGE plpgsql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
BEGIN
    IF to_regprocedure(format('pgcache.%I(jsonb)', p_cache || '_rows')) IS NOT NULL THEN
        RETURN QUERY EXECUTE format('SELECT * FROM pgcache.%I($1)', p_cache || '_rows') USING p_key;
    END IF;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.contributions(text, jsonb) IS
    'The rows that make up the value of a key: number 0 is the target row, the others are the sources'' rows, newest first; nulls for a source without any.';
REVOKE ALL ON FUNCTION pgcache.contributions(text, jsonb) FROM PUBLIC;

-- Computes some keys in a fresh snapshot, stores their figures, and removes the rows of those that have none any more. Its callers
-- hold the lock of the refresh, so that nobody stores newer figures meanwhile; nobody else writes the table. A row says when its
-- figures were read, not when they were stored.
CREATE OR REPLACE FUNCTION __function__(__parameters__ record) RETURNS bigint
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_at timestamptz := clock_timestamp();
BEGIN
    WITH computed AS MATERIALIZED (
        SELECT c.* FROM __compute__(__arrays__) AS c
    ), gone AS (
        DELETE FROM __target__ AS __alias__
         USING unnest(__arrays__) AS k(__keys__)
         WHERE __match_asked__ AND NOT EXISTS (SELECT FROM computed AS c WHERE __match_computed__)
    )
    INSERT INTO __target__ AS __alias__ (__key_columns__, __measures__)
    SELECT __computed_keys__, __computed_values__ FROM computed AS c ORDER BY __computed_keys__
    ON CONFLICT (__key_columns__) DO UPDATE SET (__measures__) = ROW(__excluded__);
    RETURN cardinality(p_key_1)::bigint;
END
$pgcache$;
COMMENT ON FUNCTION __function__(__types__) IS __comment__;
REVOKE ALL ON FUNCTION __function__(__types__) FROM PUBLIC;

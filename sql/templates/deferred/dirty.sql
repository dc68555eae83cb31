-- The marks of a deferred cache. A mark holds a key, or the value of a mapping, whose keys are looked up when it is taken: as long as
-- nobody waits, only then is it known where the mapping leads. A mark without either stands for every key.
-- No unique constraint: a mark must never wait for another transaction's, nor give way to one that a refresh is about to take.
CREATE TABLE IF NOT EXISTS __dirty__ (
    __columns__ record,
    marked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    error text
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_analyze_scale_factor = 1);
COMMENT ON TABLE __dirty__ IS __comment__;
CREATE INDEX IF NOT EXISTS __index__ ON __dirty__ (__indexed__);

-- Deltas that wait for their target row. Logged, so that a crash loses none; without a constraint, so that appending never waits.
-- Rows come and go quickly: it is vacuumed by their number, at full speed, and keeps its pages, since giving them back locks the table.
CREATE TABLE IF NOT EXISTS __pending__ (
    __columns__ record
) WITH (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000, vacuum_truncate = off
);
CREATE INDEX IF NOT EXISTS __index__ ON __pending__ (__position__);
COMMENT ON TABLE __pending__ IS __comment__;

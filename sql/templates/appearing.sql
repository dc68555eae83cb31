-- Holds no rows. Writers whose key has no target row lock it in SHARE mode, rows that appear in the target in ROW EXCLUSIVE mode: either
-- kind goes on among itself, and waits for the other.
CREATE TABLE IF NOT EXISTS __appearing_lock__ ();
COMMENT ON TABLE __appearing_lock__ IS __comment__;

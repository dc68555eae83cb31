-- Every third transaction: deleted, or brought back if it was.
UPDATE transaction SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END
 WHERE id <= numbered(100000) AND flow_type = 'income'

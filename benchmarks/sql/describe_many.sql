UPDATE transaction SET description = 'Changed' WHERE id <= numbered(100000) AND flow_type = 'income'

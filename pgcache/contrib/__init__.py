"""What frameworks need; nothing of pgcache itself imports it."""

"""pgcache: cached aggregates in PostgreSQL that are exact, fast and provably so."""

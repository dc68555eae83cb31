-- Whether the texts of objects can be read: not when a migration was interrupted before its functions, or one was dropped.
SELECT to_regprocedure('pgcache.object_text(text, text, text)') IS NOT NULL AS found

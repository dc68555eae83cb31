-- A job of this name is changed.
SELECT cron.schedule($1, $2, $3)

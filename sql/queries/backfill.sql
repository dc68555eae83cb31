-- Fills cache $1 within the transaction.
SELECT pgcache.backfill($1::text)

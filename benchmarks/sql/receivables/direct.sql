WITH pgcache_keys AS (SELECT id AS account_id FROM account)
SELECT q.* FROM (__query__) AS q WHERE q.balance <> 0

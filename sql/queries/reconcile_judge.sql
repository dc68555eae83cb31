-- Where suspects of a standby were read ($3), all keys have been checked, there or here.
SELECT pgcache.reconcile_judge($1::bigint, $2::text, $3::boolean)

-- Damage that was mended is remembered until the backfill, which then logs what it corrects.
UPDATE pgcache.cache AS c
   SET backfilled_at = NULL, mended = nullif(coalesce(c.mended, '{}') || __mended__::text[], '{}')
 WHERE c.name = __cache__;

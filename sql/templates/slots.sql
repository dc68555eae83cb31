INSERT INTO pgcache.slot (cache, slot)
SELECT __cache__, s.slot FROM generate_series(0, __last_slot__) AS s(slot)
ON CONFLICT DO NOTHING;

-- Every recorded object where the function that reads their texts is missing: as far as can be told, so are they.
SELECT o.kind, o.name, o.relation, o.cache, o.position, o.shape, o.declared, o.installed, NULL AS current, '[]'::jsonb AS grants
  FROM pgcache.object AS o
 ORDER BY o.position

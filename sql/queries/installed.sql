-- Every recorded object, with the text that the database holds of it now.
SELECT o.kind, o.name, o.relation, o.cache, o.position, o.shape, o.declared, o.installed,
       pgcache.object_text(o.kind, o.name, o.relation) AS current
  FROM pgcache.object AS o
 ORDER BY o.position

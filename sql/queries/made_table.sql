-- Whether pgcache made the table $1, a qualified and quoted name.
SELECT EXISTS (SELECT FROM pgcache.object AS o WHERE o.kind = 'table' AND o.name = $1::text) AS found

-- Whether pgcache made the table or view $1, a qualified and quoted name.
SELECT EXISTS (SELECT FROM pgcache.object AS o WHERE o.kind IN ('table', 'view') AND o.name = $1::text) AS found

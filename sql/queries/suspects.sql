-- Every key that differs on the server that is asked, in key order.
SELECT DISTINCT ON (d.ordinal) d.key::text FROM pgcache.compare($1::text) WITH ORDINALITY AS d(key, measure, cached, computed, drift, ordinal)

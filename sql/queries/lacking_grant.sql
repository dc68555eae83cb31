-- What the current role lacks where it was denied the $1 (as the server calls its kind) named $2; of several, pgcache's own.
SELECT current_user::text AS role,
       CASE $1::text
            WHEN 'database' THEN 'CREATE'
            WHEN 'function' THEN 'EXECUTE'
            WHEN 'schema' THEN CASE WHEN has_schema_privilege($2::text, 'USAGE') THEN 'CREATE' ELSE 'USAGE' END
            WHEN 'sequence' THEN 'USAGE'
            ELSE CASE WHEN has_table_privilege(found.oid, 'SELECT') THEN 'UPDATE' ELSE 'SELECT' END
       END AS privilege,
       CASE $1::text WHEN 'view' THEN 'TABLE' ELSE upper($1::text) END AS kind,
       coalesce(quote_ident(found.schema) || '.', '') || quote_ident($2::text) AS object
  FROM (SELECT) AS one
  LEFT JOIN LATERAL (
       SELECT o.oid, n.nspname AS schema
         FROM (SELECT c.oid, c.relnamespace AS namespace FROM pg_class AS c
                WHERE c.relname = $2::text
                  AND c.relkind = ANY (CASE $1::text WHEN 'table' THEN '{r,p,f}' WHEN 'view' THEN '{v}' WHEN 'sequence' THEN '{S}' END::"char"[])
                UNION ALL
               SELECT p.oid, p.pronamespace FROM pg_proc AS p WHERE $1::text = 'function' AND p.proname = $2::text) AS o
         JOIN pg_namespace AS n ON n.oid = o.namespace
        ORDER BY n.nspname <> 'pgcache', n.nspname
        LIMIT 1) AS found ON true

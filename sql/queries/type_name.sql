-- The name of type $1, and the oid of its base type.
WITH RECURSIVE base AS (
    SELECT t.oid, t.typtype, t.typbasetype FROM pg_type AS t WHERE t.oid = $1::oid
    UNION ALL
    SELECT t.oid, t.typtype, t.typbasetype FROM base AS b JOIN pg_type AS t ON b.typtype = 'd' AND t.oid = b.typbasetype
)
SELECT format_type($1::oid, -1) AS name, b.oid AS base_oid, format_type(b.oid, -1) AS base_name FROM base AS b WHERE b.typtype <> 'd'

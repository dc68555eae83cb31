-- Whether the current user may create objects in schema $1.
SELECT has_schema_privilege($1::text, 'CREATE') AS may

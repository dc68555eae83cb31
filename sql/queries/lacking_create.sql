-- Whether the current user may create objects in schema $1, and the schema pgcache in this database.
SELECT has_schema_privilege($1::text, 'CREATE') AS schema,
       to_regnamespace('pgcache') IS NOT NULL OR has_database_privilege(current_database(), 'CREATE') AS database

-- The current user, and whether it may create the schema pgcache, and temporary tables, in this database.
SELECT current_user::text AS name,
       to_regnamespace('pgcache') IS NOT NULL OR has_database_privilege(current_database(), 'CREATE') AS may_create_pgcache,
       has_database_privilege(current_database(), 'TEMPORARY') AS may_create_temporary

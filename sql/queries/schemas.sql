-- The schemas in which a name without one is looked up, first one first.
SELECT current_schemas(false)::text[] AS schemas

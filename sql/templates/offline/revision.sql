-- A revision of pgcache's state, where the database lacks it.
DO $pgcache$
BEGIN
    IF to_regnamespace('pgcache') IS NULL THEN
        CREATE SCHEMA pgcache;
    END IF;
    IF __pending__ THEN
        EXECUTE __statements__;
    END IF;
END
$pgcache$;

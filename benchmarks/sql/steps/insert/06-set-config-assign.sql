-- set_config twice, by assignment
CREATE FUNCTION public.step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_x text;
BEGIN
    v_x := set_config('pgcache.step', pg_trigger_depth()::text, true);
    v_x := set_config('pgcache.step', '', true);
    RETURN NULL;
END
$$;
CREATE TRIGGER step AFTER INSERT ON transaction
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION step();

-- a row trigger UPDATE OF columns that the statement does not name
CREATE FUNCTION public.step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN NULL;
END
$$;
CREATE TRIGGER step AFTER UPDATE OF account_id, flow_type, amount, deleted_at ON transaction
    FOR EACH ROW EXECUTE FUNCTION step();

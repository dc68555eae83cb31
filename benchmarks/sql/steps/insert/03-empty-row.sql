-- an empty function for the row
CREATE FUNCTION public.step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN NULL;
END
$$;
CREATE TRIGGER step AFTER INSERT ON transaction
    FOR EACH ROW EXECUTE FUNCTION step();

-- an empty function for the statement
CREATE FUNCTION public.step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN NULL;
END
$$;
CREATE TRIGGER step AFTER INSERT ON transaction
    FOR EACH STATEMENT EXECUTE FUNCTION step();

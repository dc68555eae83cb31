-- a row trigger that returns at its first IF
CREATE FUNCTION public.step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (OLD.account_id, OLD.flow_type, OLD.amount, OLD.deleted_at)
       IS NOT DISTINCT FROM (NEW.account_id, NEW.flow_type, NEW.amount, NEW.deleted_at) THEN
        RETURN NULL;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER step AFTER UPDATE ON transaction FOR EACH ROW EXECUTE FUNCTION step();

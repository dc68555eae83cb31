-- a row trigger whose WHEN does not hold
CREATE FUNCTION public.step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN NULL;
END
$$;
CREATE TRIGGER step AFTER UPDATE ON transaction FOR EACH ROW
    WHEN (OLD.account_id IS DISTINCT FROM NEW.account_id
          OR OLD.flow_type IS DISTINCT FROM NEW.flow_type
          OR OLD.amount IS DISTINCT FROM NEW.amount
          OR OLD.deleted_at IS DISTINCT FROM NEW.deleted_at)
    EXECUTE FUNCTION step();

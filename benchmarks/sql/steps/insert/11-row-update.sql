-- a row trigger that updates the account
CREATE FUNCTION public.step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE public.account
       SET cached_balance = cached_balance + CASE NEW.flow_type WHEN 'income' THEN NEW.amount ELSE -NEW.amount END
     WHERE id = NEW.account_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER step AFTER INSERT ON transaction
    FOR EACH ROW EXECUTE FUNCTION step();

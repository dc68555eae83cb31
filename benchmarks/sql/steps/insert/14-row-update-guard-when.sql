-- that, and a guard whose WHEN does not hold
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

CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN NEW;
END
$$;
CREATE TRIGGER guard BEFORE UPDATE ON account FOR EACH ROW
    WHEN (NEW.id IS DISTINCT FROM OLD.id OR NEW.opening_balance IS DISTINCT FROM OLD.opening_balance
          OR (NEW.cached_balance IS DISTINCT FROM OLD.cached_balance AND NOT current_setting('pgcache.maintaining', true) IS DISTINCT FROM pg_trigger_depth()::text))
    EXECUTE FUNCTION guard();

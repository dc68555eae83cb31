-- that, and a guard that returns at its first IF
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
    IF NEW.id = OLD.id AND NEW.opening_balance = OLD.opening_balance AND current_setting('pgcache.maintaining', true) IS DISTINCT FROM pg_trigger_depth()::text THEN
        RETURN NEW;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION guard();

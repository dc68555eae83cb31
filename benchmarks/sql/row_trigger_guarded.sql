-- What a row trigger written by hand becomes when it does what pgcache does beside keeping the balance: it runs with its owner's rights,
-- safely, and a guard on the account lets nobody else write the balance.
CREATE FUNCTION keep_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_old numeric := 0;
    v_new numeric := 0;
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.deleted_at IS NULL THEN
        v_old := CASE OLD.flow_type WHEN 'income' THEN OLD.amount ELSE -OLD.amount END;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.deleted_at IS NULL THEN
        v_new := CASE NEW.flow_type WHEN 'income' THEN NEW.amount ELSE -NEW.amount END;
    END IF;
    PERFORM set_config('household.keeping', pg_trigger_depth()::text, true);
    IF TG_OP = 'UPDATE' AND NEW.account_id = OLD.account_id THEN
        UPDATE public.account SET cached_balance = cached_balance + v_new - v_old WHERE id = NEW.account_id;
    ELSE
        IF TG_OP <> 'INSERT' THEN
            UPDATE public.account SET cached_balance = cached_balance - v_old WHERE id = OLD.account_id;
        END IF;
        IF TG_OP <> 'DELETE' THEN
            UPDATE public.account SET cached_balance = cached_balance + v_new WHERE id = NEW.account_id;
        END IF;
    END IF;
    PERFORM set_config('household.keeping', '', true);
    RETURN NULL;
END
$$;
CREATE TRIGGER keep_balance AFTER INSERT OR DELETE OR UPDATE OF account_id, flow_type, amount, deleted_at ON transaction
    FOR EACH ROW EXECUTE FUNCTION keep_balance();
CREATE FUNCTION guard_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.cached_balance IS DISTINCT FROM OLD.cached_balance
       AND current_setting('household.keeping', true) IS DISTINCT FROM (pg_trigger_depth() - 1)::text
    THEN
        NEW.cached_balance := OLD.cached_balance;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard_balance BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION guard_balance();

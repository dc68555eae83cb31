-- account.cached_balance by a row trigger, as one writes it by hand: it thinks of the events that the application has, and fires only
-- where a column that counts is named.
CREATE FUNCTION keep_balance() RETURNS trigger LANGUAGE plpgsql AS $$
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
    IF TG_OP = 'UPDATE' AND NEW.account_id = OLD.account_id THEN
        UPDATE account SET cached_balance = cached_balance + v_new - v_old WHERE id = NEW.account_id;
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        UPDATE account SET cached_balance = cached_balance - v_old WHERE id = OLD.account_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE account SET cached_balance = cached_balance + v_new WHERE id = NEW.account_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER keep_balance AFTER INSERT OR DELETE OR UPDATE OF account_id, flow_type, amount, deleted_at ON transaction
    FOR EACH ROW EXECUTE FUNCTION keep_balance();

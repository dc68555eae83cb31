-- the row read by a loop with LIMIT 2, the account updated
CREATE FUNCTION public.step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_key uuid;
    v_value numeric;
    v_rows integer := 0;
BEGIN
    FOR v_key, v_value IN SELECT account_id, CASE flow_type WHEN 'income' THEN amount ELSE -amount END FROM new_rows WHERE deleted_at IS NULL LIMIT 2 LOOP
        v_rows := v_rows + 1;
    END LOOP;
    IF v_rows = 1 THEN
        UPDATE public.account SET cached_balance = cached_balance + v_value WHERE id = v_key;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER step AFTER INSERT ON transaction
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION step();

-- that, and the account updated
CREATE FUNCTION public.step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_key uuid;
    v_value numeric;
BEGIN
    SELECT account_id, CASE flow_type WHEN 'income' THEN amount ELSE -amount END
      INTO v_key, v_value
      FROM new_rows
     LIMIT 1;
    UPDATE public.account SET cached_balance = cached_balance + v_value WHERE id = v_key;
    RETURN NULL;
END
$$;
CREATE TRIGGER step AFTER INSERT ON transaction
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION step();

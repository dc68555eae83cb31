-- that, and the first row of each read and compared
CREATE FUNCTION public.step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_new record;
    v_old record;
BEGIN
    SELECT account_id, flow_type, amount, deleted_at INTO v_new FROM new_rows LIMIT 1;
    SELECT account_id, flow_type, amount, deleted_at INTO v_old FROM old_rows LIMIT 1;
    IF v_new IS NOT DISTINCT FROM v_old THEN
        RETURN NULL;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER step AFTER UPDATE ON transaction
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION step();

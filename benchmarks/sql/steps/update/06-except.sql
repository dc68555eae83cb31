-- that, and new EXCEPT ALL old
CREATE FUNCTION public.step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT account_id, flow_type, amount, deleted_at FROM new_rows EXCEPT ALL SELECT account_id, flow_type, amount, deleted_at FROM old_rows) THEN
        RETURN NULL;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER step AFTER UPDATE ON transaction
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION step();

-- the rows grouped and sorted, the account updated
CREATE FUNCTION public.step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_key uuid;
    v_value numeric;
BEGIN
    FOR v_key, v_value IN
        SELECT account_id, sum(CASE flow_type WHEN 'income' THEN amount ELSE -amount END)
          FROM new_rows
         WHERE deleted_at IS NULL
         GROUP BY account_id
        HAVING sum(CASE flow_type WHEN 'income' THEN amount ELSE -amount END) <> 0
         ORDER BY account_id
    LOOP
        UPDATE public.account SET cached_balance = cached_balance + v_value WHERE id = v_key;
    END LOOP;
    RETURN NULL;
END
$$;
CREATE TRIGGER step AFTER INSERT ON transaction
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION step();
